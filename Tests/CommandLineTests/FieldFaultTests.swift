import ArgumentParser
import Files
import Foundation
import TestSupport
import Testing

@testable import CommandLineTool

/// What the system and its shells do to a job.
@Suite struct FieldFaultTests {
  /// Runs a script of bash, in which `$tool` is the program and `$model` a tiny model.
  private func bash(_ script: String, in folder: TemporaryFolder) throws -> (
    status: Int32, errors: String
  ) {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/bash")
    shell.currentDirectoryURL = folder.url
    let prologue = "tool='\(Tool.executable.path)'; model='\(tinyModel())'; exec 2>errors\n"
    shell.arguments = ["-c", prologue + script]
    shell.standardInput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    return (shell.terminationStatus, try folder.read("errors"))
  }

  #if os(Linux)
    @Test func namesThatAreNotUTF8AreOpenedAndNeverMixedUp() throws {
      let folder = try TemporaryFolder()
      let (status, errors) = try bash(
        #"""
        printf 'text\na\n' > $'in\xe9.csv'
        $tool classify --model $model --input $'in\xe9.csv' --output $'out\xe9.csv' || exit 3
        printf 'text\nb\n' | $tool classify --model $model --input - --format csv \
          --output=$'out\xe8.csv' || exit 4
        [[ $(tail -n 1 $'out\xe9.csv') == a,* && $(tail -n 1 $'out\xe8.csv') == b,* ]] || exit 5
        $tool evaluate --model $model --input $'none\xe9.csv'; [[ $? == 1 ]] || exit 6
        $tool fit --input $'in\xe9.csv' --output $'model\xe9'; [[ $? == 2 ]] || exit 7
        cp -r $model $'model\xe9' && $tool classify --model $'model\xe9' x || exit 8
        mkdir $'work\xe9' && cd $'work\xe9' && cp -r $model model || exit 9
        $tool classify --model ./model --input $'../in\xe9.csv' --output out.csv || exit 10
        [[ -s out.csv ]] || exit 11
        $tool fit --input out.csv --output made; [[ $? == 2 ]] || exit 12
        """#, in: folder)
      #expect(status == 0, "\(errors)")
      #expect(errors.contains(#"none\xE9.csv"#))
    }

    @Test func signalsThatTheParentIgnoresAreIgnored() throws {
      let folder = try TemporaryFolder()
      let (status, errors) = try bash(
        """
        trap '' INT TERM
        $tool classify --model $model --input - --format txt < <(seq 1 20; sleep 1; seq 1 20) \
          > out & job=$!
        sleep 0.5; kill -INT $job; kill -TERM $job; wait $job
        """, in: folder)
      #expect(status == 0, "\(errors)")
      #expect(try folder.read("out").split(separator: "\n").count == 40)
    }

    @Test func aSignalEndsAJobWhoseOutputNobodyReads() throws {
      let folder = try TemporaryFolder()
      let (status, errors) = try bash(
        """
        mkfifo pipe; exec 5<>pipe
        $tool classify --model $model --input - --format txt < <(seq 1 1000000000) > pipe & job=$!
        sleep 2; kill -TERM $job; wait $job
        """, in: folder)
      #expect(status == 143, "\(errors)")
    }

    @Test func tooLittleMemoryIsToldOf() throws {
      let folder = try TemporaryFolder()
      // How much the program takes to begin with differs from system to system, and OpenBLAS, where
      // it is loaded with less than it wants, never ends. Swift 6.0 starts processes with signals
      // blocked, of which KILL cannot be; that one was killed is the shell's own word.
      let (status, errors) = try bash(
        """
        for limit in $(seq 200000 40000 1000000); do
          { (ulimit -v $limit; timeout -s KILL 5 $tool classify --model $model x) 2> message
          } 2>/dev/null
          status=$?
          if grep -q 'ulimit -v' message; then cat message >&2; exit $status; fi
        done
        exit 99
        """, in: folder)
      #expect(status == 1)
      #expect(errors.split(separator: "\n").count == 1 && errors.contains("ulimit"), "\(errors)")
    }

    @Test func aFullDiskLeavesTheOldFile() throws {
      let folder = try TemporaryFolder()
      let old = String(repeating: "old ", count: 100)
      for name in ["report.html", "out.csv", "out.npy"] { _ = try folder.write(old, to: name) }
      let rows = (0..<4000).map { "a b \($0),\($0 % 2 == 0 ? "LABEL_0" : "LABEL_1")\n" }.joined()
      _ = try folder.write("text,label\n" + rows, to: "in.csv")
      let (_, errors) = try bash(
        """
        trap '' XFSZ; ulimit -f 4
        $tool classify --model $model --input in.csv --text-column text --output out.csv
        $tool embed --model $model --input in.csv --output out.npy
        $tool evaluate --model $model --input in.csv --labels LABEL_0,LABEL_1,LABEL_2 \
          --report report.html > figures
        """, in: folder)
      #expect(errors.contains("out.csv is left as it was"), "\(errors)")
      for name in ["report.html", "out.csv", "out.npy"] {
        #expect(try folder.read(name) == old, "\(name): \(errors)")
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      #expect(!left.contains { $0.hasSuffix(".partial") })
    }
  #endif

  /// A model whose answers to texts with the token `bad` are no numbers.
  private func modelWithABadWord(_ fixture: String, in folder: TemporaryFolder) throws -> String {
    let model = try folder.model(fixture)
    let file = model.appending(path: "model.safetensors")
    var data = try Data(contentsOf: file)
    let size = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: data[8..<8 + size]) as? [String: Any])
    let name = try #require(header.keys.first { $0.hasSuffix("word_embeddings.weight") })
    let tensor = try #require(header[name] as? [String: Any])
    let shape = try #require(tensor["shape"] as? [Int])
    let start = try #require(tensor["data_offsets"] as? [Int])[0] + 8 + size
    // The last word of the vocabulary.
    let row = start + (shape[0] - 1) * shape[1] * 4
    data.replaceSubrange(row..<row + 4, with: [0, 0, 0xC0, 0x7F])
    try data.write(to: file)
    return model.path
  }

  @Test func oneAnswerThatIsNoNumberLosesNoRowBeforeIt() throws {
    let folder = try TemporaryFolder()
    let model = try modelWithABadWord("bert-safetensors", in: folder)
    let vocabulary = try String(
      contentsOf: URL(filePath: model).appending(path: "vocab.txt"), encoding: .utf8)
    let word = try #require(vocabulary.split(separator: "\n").last).replacing("##", with: "a")
    var rows = (1...50).map { "\($0),good" }
    rows += ["51,\(word) \(word)"] + (52...300).map { "\($0),good" }
    let input = try folder.write("id,text\n" + rows.joined(separator: "\n"), to: "in.csv")
    for command in ["classify", "embed"] {
      let tool = try Tool(command, "--model", model, "--input", input)
      #expect(tool.status == 1)
      #expect(tool.outputLines.count == (command == "embed" ? 50 : 51), "\(tool.errors)")
      #expect(tool.errors.contains("in.csv: row 51 (line 52): "))
      #expect(tool.errors.contains("holds 50 rows"))
    }
  }

  @Test func amountsAreNoLabels() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<14).map { "text \($0),\(Double($0 / 2) / 2)" }
    let input = try folder.write("text,label\n" + rows.joined(separator: "\n"), to: "in.csv")
    let model = folder.url.appending(path: "model").path
    let tool = try Tool("fit", "--input", input, "--output", model)
    #expect(tool.status == 1)
    #expect(tool.errors.contains("amounts") && tool.errors.contains("'1.5'"), "\(tool.errors)")
    #expect(!FileManager.default.fileExists(atPath: model))
  }

  @Test func moreThreadsThanMachinesHaveAreWrongUsage() throws {
    for count in ["4097", "100000000", "9223372036854775807"] {
      #expect(try Tool("classify", "x", "--threads", count).status == 2)
    }
  }

  @Test func everyOptionForAFileTakesItsBytes() throws {
    // Options whose values are called file or folder in the help of any command.
    var found: Set<String> = []
    for command in Cloud4BertTool.configuration.subcommands {
      let help = Cloud4BertTool.helpMessage(for: command, includeHidden: true)
      for line in help.split(separator: "\n") where line.contains("--") {
        guard line.contains("file") || line.contains("folder") else { continue }
        for match in line.matches(of: /(--?[a-z-]+) <[^>]*(file|folder)[^>]*>/) {
          found.insert(String(match.1))
        }
      }
    }
    #expect(found.count > 5)
    #expect(found.isSubset(of: ProgramArguments.pathOptions), "\(found)")
  }

  @Test func anArgumentThatIsAFileKeepsItsBytes() {
    let name: [UInt8] = [0x63, 0xE9, 0x2E, 0x63, 0x73, 0x76]
    func strings(_ words: [String]) -> [String] {
      ProgramArguments.strings(words.map { Array($0.utf8) } + [name])
    }
    #expect(strings(["evaluate"]).last == PathText.encoded(name))
    #expect(strings(["evaluate", "--labels"]).last == "c\u{FFFD}.csv")
    #expect(strings(["classify"]).last == "c\u{FFFD}.csv")
  }
}
