// What other modules declare and this one shows, so that `import Cloud4Bert` alone names it all. An alias
// would name a type, but not its members where a package asks for `MemberImportVisibility`. Of modules
// that hold more than a program with texts wants, such as matrices, only what is shown.

@_exported public import Evaluation

@_exported public import struct Checkpoints.CheckpointError
@_exported public import enum Checkpoints.ElementType
@_exported public import protocol Files.DescribedError
@_exported public import struct HuggingFaceHub.DownloadProgress
@_exported public import enum HuggingFaceHub.HubError
@_exported public import struct HuggingFaceHub.HubSettings
@_exported public import struct HuggingFaceHub.ModelHub
@_exported public import enum HuggingFaceHub.ModelLocation
@_exported public import struct HuggingFaceHub.ModelReference
@_exported public import enum Tensors.Activation
@_exported public import enum Tensors.Precision
@_exported public import enum Tensors.Products
@_exported public import struct Tokenization.TextInput
@_exported public import enum Tokenization.TokenizerError
@_exported public import enum Transformers.BatchError
@_exported public import enum Transformers.Head
@_exported public import struct Transformers.MissingHeadError
@_exported public import struct Transformers.ModelConfiguration
@_exported public import struct Transformers.ModelFamily
