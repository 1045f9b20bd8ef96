package dev.residual.io.weights;

import org.jspecify.annotations.Nullable;

/**
 * The instructions of pickles that Python writes with protocols 2 to 5. Those of older protocols,
 * of registered extensions and of buffers outside the pickle are not among them.
 *
 * @see <a href="https://docs.python.org/3/library/pickletools.html">pickletools</a>
 */
public enum PickleOp {
  PROTO(0x80),
  FRAME(0x95),
  STOP('.'),
  MARK('('),
  POP('0'),
  POP_MARK('1'),
  DUP('2'),
  NONE('N'),
  NEWTRUE(0x88),
  NEWFALSE(0x89),
  BININT('J'),
  BININT1('K'),
  BININT2('M'),
  LONG1(0x8a),
  LONG4(0x8b),
  BINFLOAT('G'),
  SHORT_BINSTRING('U'),
  BINSTRING('T'),
  SHORT_BINUNICODE(0x8c),
  BINUNICODE('X'),
  BINUNICODE8(0x8d),
  SHORT_BINBYTES('C'),
  BINBYTES('B'),
  BINBYTES8(0x8e),
  BYTEARRAY8(0x96),
  EMPTY_TUPLE(')'),
  TUPLE1(0x85),
  TUPLE2(0x86),
  TUPLE3(0x87),
  TUPLE('t'),
  EMPTY_LIST(']'),
  APPEND('a'),
  APPENDS('e'),
  EMPTY_DICT('}'),
  SETITEM('s'),
  SETITEMS('u'),
  EMPTY_SET(0x8f),
  ADDITEMS(0x90),
  FROZENSET(0x91),
  BINGET('h'),
  LONG_BINGET('j'),
  BINPUT('q'),
  LONG_BINPUT('r'),
  MEMOIZE(0x94),
  GLOBAL('c'),
  STACK_GLOBAL(0x93),
  REDUCE('R'),
  BUILD('b'),
  INST('i'),
  OBJ('o'),
  NEWOBJ(0x81),
  NEWOBJ_EX(0x92),
  BINPERSID('Q');

  private static final @Nullable PickleOp[] BY_CODE = new @Nullable PickleOp[256];

  static {
    for (PickleOp op : values()) {
      BY_CODE[op.code] = op;
    }
  }

  private final int code;

  PickleOp(int code) {
    this.code = code;
  }

  /** The instruction of this byte, or null if there is none. */
  static @Nullable PickleOp of(int code) {
    return BY_CODE[code];
  }

  /** The byte that stands for it. */
  public int code() {
    return code;
  }
}
