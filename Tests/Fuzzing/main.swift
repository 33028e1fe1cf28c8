import Foundation
import FuzzCoverage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

// Gives damaged files to a reader: `Fuzz READER COUNT SEED FOLDER`, started by Scripts/fuzz, or
// `Fuzz READER --input FILE` for one file, to see again what one that was found does. Without a reader,
// tells which there are.
//
// A reader may refuse a file or take it; what it must not do is crash, hang, or take all memory. The
// file that is being read lies in FOLDER/input, and its number in FOLDER/count.

let arguments = CommandLine.arguments
guard arguments.count > 1 else {
  for reader in FuzzedReader.all { print(reader.name) }
  exit(0)
}
guard let reader = FuzzedReader.all.first(where: { $0.name == arguments[1] }) else {
  FileHandle.standardError.write(Data("Fuzz: no reader \(arguments[1])\n".utf8))
  exit(2)
}

if arguments.count == 4, arguments[2] == "--input" {
  let bytes = [UInt8](try Data(contentsOf: URL(filePath: arguments[3])))
  let scratch = try Scratch(
    FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID().uuidString)"))
  defer { scratch.remove() }
  do {
    try reader.read(bytes, scratch)
    print("taken")
  } catch {
    print("refused: \(error)")
  }
  exit(0)
}

guard arguments.count == 5, let count = Int(arguments[2]), let seed = UInt64(arguments[3]) else {
  FileHandle.standardError.write(Data("usage: Fuzz READER COUNT SEED FOLDER\n".utf8))
  exit(2)
}
let scratch = try Scratch(URL(filePath: arguments[4]))
var mutation = FuzzMutation(seed: seed, tokens: reader.tokens, isText: reader.isText)
var corpus = FuzzCorpus(reader.corpus, seed: seed)
var taken = 0
for number in 0..<count {
  let bytes = number < reader.corpus.count ? reader.corpus[number] : mutation.mutate(corpus.pick())
  try scratch.keep(bytes)
  if number % 256 == 0 { try scratch.write(Array("\(number)".utf8), "count") }
  // A reader that takes longer hangs; the signal ends the program.
  alarm(20)
  coverage_reset()
  do {
    try reader.read(bytes, scratch)
    taken += 1
  } catch {
    let text = "\(error)"
    guard !text.contains("\n"), text.utf8.count < 20_000 else {
      fatalError("an error of more than one line: \(text.debugDescription)")
    }
  }
  if coverage_has_grown() { corpus.add(bytes) }
}
alarm(0)
print(
  "\(reader.name): \(count) files, \(taken) taken, \(coverage_edge_count()) edges, "
    + "\(corpus.found) led to new ones")
