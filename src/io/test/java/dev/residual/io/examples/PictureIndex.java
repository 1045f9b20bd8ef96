package dev.residual.io.examples;

import dev.residual.io.Embedder;
import dev.residual.io.data.DataSet;
import dev.residual.io.images.Pixels;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexWriterConfig.OpenMode;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.FSDirectory;

/**
 * Pictures in a Lucene index, found by a picture that looks like them.
 *
 * <p>The index keeps the embedder's hash, so that no other network's rows are compared with its
 * own. Lucene takes rows of up to 1024 numbers: those of ResNet-18 and 34, but not of ResNet-50.
 */
final class PictureIndex implements Closeable {
  private static final String ROW = "row";
  private static final String NAME = "name";
  private static final String HASH = "hash";

  /** Pictures that are held in memory at the same time, about as many. */
  private static final int CHUNK = 256;

  private final Embedder embedder;
  private final DirectoryReader reader;

  private PictureIndex(Embedder embedder, DirectoryReader reader) {
    this.embedder = embedder;
    this.reader = reader;
  }

  /** Indexes all pictures of a data set under their names, in place of what the folder held. */
  static void write(Path folder, Embedder embedder, DataSet pictures) throws IOException {
    try (FSDirectory directory = FSDirectory.open(folder);
        IndexWriter writer =
            new IndexWriter(directory, new IndexWriterConfig().setOpenMode(OpenMode.CREATE))) {
      for (int first = 0; first < pictures.size(); first += CHUNK) {
        int end = Math.min(first + CHUNK, pictures.size());
        List<Document> documents =
            IntStream.range(first, end)
                .parallel()
                .mapToObj(picture -> document(embedder, pictures, picture))
                .toList();
        writer.addDocuments(documents);
      }
      writer.setLiveCommitData(Map.of(HASH, embedder.hash()).entrySet());
    }
  }

  private static Document document(Embedder embedder, DataSet pictures, int picture) {
    try {
      float[] row = embedder.embed(pictures.image(picture));
      Document document = new Document();
      document.add(new StoredField(NAME, pictures.name(picture)));
      document.add(new KnnFloatVectorField(ROW, row, VectorSimilarityFunction.DOT_PRODUCT));
      return document;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens an index.
   *
   * @throws IOException if it was written with another embedder
   */
  static PictureIndex open(Path folder, Embedder embedder) throws IOException {
    DirectoryReader reader = DirectoryReader.open(FSDirectory.open(folder));
    String hash = reader.getIndexCommit().getUserData().get(HASH);
    if (!embedder.hash().equals(hash)) {
      reader.close();
      throw new IOException(
          "%s was written with the embedder %s, given is %s"
              .formatted(folder, hash, embedder.hash()));
    }
    return new PictureIndex(embedder, reader);
  }

  /** The names of the pictures that look most like a given one, the nearest first. */
  List<String> search(Pixels picture, int count) throws IOException {
    KnnFloatVectorQuery query = new KnnFloatVectorQuery(ROW, embedder.embed(picture), count);
    List<String> names = new ArrayList<>();
    for (ScoreDoc found : new IndexSearcher(reader).search(query, count).scoreDocs) {
      names.add(reader.storedFields().document(found.doc).get(NAME));
    }
    return names;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
