import ArgumentParser

/// `--quiet`, for every command that tells how it is getting on.
struct VerbosityOptions: ParsableArguments {
  @Flag(
    name: [.short, .long],
    help: "Say nothing on standard error but what is wrong: no progress, no notes.")
  var quiet = false

  func validate() {
    if quiet { StandardError.silenceNotes() }
  }
}
