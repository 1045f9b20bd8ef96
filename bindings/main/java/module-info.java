import org.jspecify.annotations.NullMarked;

/**
 * The C libraries that Residual drives, one to one, and the thin layer over them.
 *
 * <p>The only module that makes restricted calls: grant it with {@code
 * --enable-native-access=dev.residual.bindings}, and no other.
 */
@NullMarked
module dev.residual.bindings {
  requires dev.residual.natives;
  requires static org.jspecify;
  requires org.tukaani.xz;

  exports dev.residual.bindings;
  exports dev.residual.bindings.cuda;
  exports dev.residual.bindings.cudnn;
  exports dev.residual.bindings.dlpack;
  exports dev.residual.bindings.kernels;
  exports dev.residual.bindings.kernels.cuda;
  exports dev.residual.bindings.mpi;
  exports dev.residual.bindings.mpi.library;
  exports dev.residual.bindings.nccl;
  exports dev.residual.bindings.nvrtc;
  exports dev.residual.bindings.onednn;
  exports dev.residual.bindings.turbojpeg;
  exports dev.residual.bindings.webp;
}
