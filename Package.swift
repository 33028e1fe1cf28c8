// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "Cloud4Bert",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(
      name: "Cloud4Bert",
      targets: [
        "Cloud4Bert", "Evaluation", "HuggingFaceHub", "Tokenization", "Training", "Transformers",
      ]),
    .executable(name: "cloud4bert", targets: ["CommandLineTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // The C layers: BLAS and LAPACK from the system, and the kernels that BLAS does not have.
    .systemLibrary(
      name: "SystemOpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "SystemLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .target(
      name: "COpenBLAS",
      dependencies: [
        .target(name: "SystemOpenBLAS", condition: .when(platforms: [.linux])),
        .target(name: "SystemLAPACKE", condition: .when(platforms: [.linux])),
      ],
      cSettings: [
        .define("ACCELERATE_NEW_LAPACK", .when(platforms: [.macOS, .iOS])),
        .define("ACCELERATE_LAPACK_ILP64", to: "0", .when(platforms: [.macOS, .iOS])),
      ],
      linkerSettings: [.linkedFramework("Accelerate", .when(platforms: [.macOS, .iOS]))]),
    .target(name: "CKernels"),

    // The engine, from numbers up to labels.
    .target(name: "Files"),
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS", "Files"]),
    .target(name: "Tokenization", dependencies: ["Files"]),
    .target(name: "Checkpoints", dependencies: ["Files", "Tensors"]),
    .target(name: "Transformers", dependencies: ["Checkpoints", "Files", "Tensors"]),
    .target(
      name: "Inference",
      dependencies: ["Checkpoints", "Files", "Tensors", "Tokenization", "Transformers"]),
    .target(name: "Evaluation", dependencies: ["Files", "Tensors"]),
    .target(
      name: "DefaultModel", path: "Models", exclude: ["README.md", "posts.csv", "teacher"],
      sources: ["DefaultModel.swift"], resources: [.copy("cloud4bert")]),
    .target(name: "CDigests"),
    .target(name: "HuggingFaceHub", dependencies: ["CDigests", "Files"]),
    .target(
      name: "Cloud4Bert",
      dependencies: [
        "Checkpoints", "DefaultModel", "Evaluation", "Files", "HuggingFaceHub", "Inference",
        "Tensors", "Tokenization", "Transformers",
      ]),
    .target(
      name: "Training",
      dependencies: [
        "Checkpoints", "Evaluation", "Files", "Inference", "Tensors", "Tokenization",
        "Transformers",
      ]),

    // The command line, and the files of texts it reads and writes.
    // Tables and lines of texts come compressed, and only the command line reads them.
    .systemLibrary(name: "SystemZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "SystemZstandard", pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .target(name: "Records", dependencies: ["Files", "SystemZlib", "SystemZstandard"]),
    .executableTarget(
      name: "CommandLineTool",
      dependencies: [
        "Checkpoints", "Cloud4Bert", "Files", "HuggingFaceHub", "Inference", "Records",
        "Tensors", "Tokenization", "Training", "Transformers",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "TrainingStep", dependencies: ["Checkpoints", "Tensors", "Training", "Transformers"],
      path: "Tests/Benchmarks/TrainingStep"),

    .target(name: "FuzzCoverage", path: "Tests/FuzzCoverage"),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Checkpoints", "Cloud4Bert", "FuzzCoverage", "HuggingFaceHub", "Records", "TestSupport",
        "Tokenization", "Transformers",
      ],
      path: "Tests/Fuzzing"),

    .target(name: "TestSupport", dependencies: ["CDigests", "Files"], path: "Tests/TestSupport"),
    .target(name: "TileTraps", path: "Tests/TileTraps"),
    .testTarget(name: "KernelsTests", dependencies: ["CKernels", "TestSupport", "TileTraps"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(name: "TensorsTests", dependencies: ["Files", "Tensors", "TestSupport"]),
    .testTarget(name: "TokenizationTests", dependencies: ["Tokenization", "TestSupport"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Files", "TestSupport"]),
    .testTarget(
      name: "TransformersTests", dependencies: ["Checkpoints", "Transformers", "TestSupport"]),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "Tensors", "Tokenization", "Transformers"]),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "TestSupport"]),
    .testTarget(
      name: "HuggingFaceHubTests", dependencies: ["CDigests", "HuggingFaceHub", "TestSupport"]),
    .testTarget(
      name: "Cloud4BertTests",
      dependencies: [
        "Checkpoints", "Cloud4Bert", "Evaluation", "HuggingFaceHub", "Inference", "Tensors",
        "TestSupport", "Tokenization", "Transformers",
      ]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Checkpoints", "Cloud4Bert", "Evaluation", "Files", "Tensors", "Tokenization", "Training",
        "TestSupport", "Transformers",
      ]),
    .testTarget(name: "RecordsTests", dependencies: ["Files", "Records", "TestSupport"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Checkpoints", "CommandLineTool", "Files", "HuggingFaceHub", "Records", "Tensors",
        "TestSupport", "Training", "Transformers",
      ]),
  ]
)

// An import says who sees it, and a member is seen only where its module is imported: what a module
// leans on stands in its own files. Swift 6.0 knows the first and the last of the three.
for target in package.targets where target.type != .system {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("ExistentialAny"),
    ]
}
