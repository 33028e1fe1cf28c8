import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Encodings")
struct EncodingTests {
  private static let texts = [
    "Hello there\nsecond line \u{142}\n", "id,text\n1,hello\n", "{\"text\": \"\u{43F}\u{440}\"}\n",
    "id\ttext\n1\t\u{4F60}\u{597D}\u{4E16}\u{754C}\n", "caf\u{E9}\r\nna\u{EF}ve\r\n",
    String(repeating: "\u{8FD9}\u{662F}\u{4E00}\u{4E2A}\u{5F88}\u{957F}\u{FF0C}", count: 30) + "\n",
    "\u{3053}\u{308C}\u{306F}\u{3072}\u{3089}\u{304C}\u{306A}\n", "\u{1F600} fine\n",
  ]

  @Test(
    "UTF-16 and UTF-32 without a mark are refused by name",
    arguments: [
      (String.Encoding.utf16LittleEndian, "UTF-16LE"), (.utf16BigEndian, "UTF-16BE"),
      (.utf32LittleEndian, "UTF-32LE"), (.utf32BigEndian, "UTF-32BE"),
    ])
  func wide(encoding: String.Encoding, name: String) throws {
    for text in Self.texts {
      let bytes = Array(try #require(text.data(using: encoding)))
      for format in RecordFormat.allCases.map(Optional.some) + [nil] {
        for chunkSize in [1, 65_536] {
          let source = ByteSource(bytes: bytes, name: "input", chunkSize: chunkSize)
          let error = thrownError(RecordError.self) { try RecordReader(source, format: format) }
          #expect(
            error
              == .notText(
                file: "input", found: name,
                remedy: .advice("convert it with iconv -f \(name) -t UTF-8")),
            "\(text)")
        }
      }
    }
  }

  @Test("UTF-8 with a NUL in it is text")
  func nulls() throws {
    for text in Self.texts {
      for place in 0...text.unicodeScalars.count {
        var scalars = Array(text.unicodeScalars)
        scalars.insert("\0", at: place)
        let nulled = String(String.UnicodeScalarView(scalars))
        #expect(throws: Never.self) { try reader(nulled, .txt) }
      }
    }
    #expect(try reader("one\0two\0three\0", .txt).rest().count == 1)
  }

  @Test("Binary data is refused")
  func binary() throws {
    let all = Array((0..<5).map { _ in Array(UInt8.min...UInt8.max) }.joined())
    var header = Array("name.txt".utf8)
    header += [UInt8](repeating: 0, count: 300)
    for bytes in [all, header] {
      let source = ByteSource(bytes: bytes, name: "input")
      let error = thrownError(RecordError.self) { try RecordReader(source, format: .txt) }
      #expect(error?.description.contains("binary") == true)
    }
  }

  @Test(
    "What is JSON, but no JSON lines, is refused with what makes lines of it",
    arguments: [
      ("[\n {\"text\": \"a\"},\n {\"text\": \"b\"}\n]\n", ".[]"),
      ("[{\"text\": \"a\"}, {\"text\": \"b\"}]\n", ".[]"), ("{\n  \"text\": \"a\"\n}\n", "."),
      ("{\"text\": \"a\",\n \"id\": 1}\n", "."), ("[{\"text\": \"a\"},\n{\"text\": \"b\"}]", ".[]"),
    ])
  func otherJSON(text: String, filter: String) {
    for format in [RecordFormat.jsonl, nil] {
      #expect(readingError(text, format)?.description.contains("jq -c '\(filter)'") == true)
    }
  }

  @Test("An archive tells by its members what it is")
  func archives() {
    func message(_ member: String, _ file: String) -> String {
      let bytes = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 26) + Array(member.utf8)
      let source = ByteSource(bytes: bytes, name: file)
      return thrownError(RecordError.self) { try RecordReader(source) }?.description ?? ""
    }
    #expect(message("[Content_Types].xml", "a.csv").contains("Excel"))
    #expect(message("posts.csv", "posts.csv.zip").hasSuffix("unpack it: unzip -p posts.csv.zip"))
  }
}
