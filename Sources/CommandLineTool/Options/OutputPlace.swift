import ArgumentParser

/// `--output`, for the commands that write one file.
struct OutputFileOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where the results go; - is standard output.", valueName: "file"),
    completion: .file())
  var output = "-"
}

/// `--output` and `--overwrite`, for the commands that write a model folder.
struct OutputFolderOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The model folder to be written.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Flag(
    name: [.customLong("overwrite"), .customLong("force")],
    help: "Replace the model or run in the output folder; one with other files is refused.")
  var overwrite = false

  func validate() throws {
    try FolderPath.checkWritable(output)
  }
}
