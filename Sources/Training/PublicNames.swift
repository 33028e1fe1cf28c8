// What other modules declare and this one shows, so that `import Training` alone names it all, members
// too.

@_exported public import Evaluation

@_exported public import struct Checkpoints.CheckpointError
@_exported public import struct Checkpoints.NamedWeights
@_exported public import struct Checkpoints.NewTensor
@_exported public import struct Checkpoints.StoredTensors
@_exported public import struct Checkpoints.TokenizerConfigurationFile
@_exported public import protocol Files.DescribedError
@_exported public import struct Files.FileError
@_exported public import struct Tensors.DoubleMatrix
@_exported public import class Tensors.Gradients
@_exported public import struct Tensors.Matrix
@_exported public import struct Tensors.ParameterLayout
@_exported public import class Tensors.Parameters
@_exported public import enum Tensors.Precision
@_exported public import class Tensors.Workspace
@_exported public import struct Tokenization.BertTokenizer
@_exported public import struct Tokenization.TextInput
@_exported public import enum Tokenization.TokenizerError
@_exported public import enum Transformers.BatchError
@_exported public import struct Transformers.ConfigurationFile
@_exported public import struct Transformers.MissingHeadError
@_exported public import struct Transformers.ModelConfiguration
@_exported public import struct Transformers.ModelFamily
@_exported public import struct Transformers.PackedBatch
@_exported public import struct Transformers.StoredModel
