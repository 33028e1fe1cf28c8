// swift-tools-version: 6.0

// Programs that use the library: swift run --package-path Examples FirstLabel
import PackageDescription

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  // Elsewhere: .package(url: "URL-OF-THE-REPOSITORY", branch: "main")
  dependencies: [.package(name: "Cloud4Bert", path: "..")],
  targets: ["FirstLabel", "Server"].map { name in
    .executableTarget(
      name: name, dependencies: [.product(name: "Cloud4Bert", package: "Cloud4Bert")], path: name)
  }
)
