public import Checkpoints
@_exported public import Evaluation
public import Files
public import HuggingFaceHub
public import Tensors
public import Tokenization
public import Transformers
@_exported public import struct Tokenization.TextInput

// What other modules declare and this one shows, so that `import Cloud4Bert` alone names it all.

/// The error of a file of a model folder that is missing, damaged or of another model.
public typealias CheckpointError = Checkpoints.CheckpointError
/// The number formats of weights files.
public typealias ElementType = Checkpoints.ElementType

/// The cache of models, and the Hugging Face Hub behind it.
public typealias ModelHub = HuggingFaceHub.ModelHub
/// Where models come from and where they are kept.
public typealias HubSettings = HuggingFaceHub.HubSettings
/// The error of a model that cannot be fetched.
public typealias HubError = HuggingFaceHub.HubError
/// A folder, or a model of the Hub.
public typealias ModelLocation = HuggingFaceHub.ModelLocation
/// The name of a model on the Hub.
public typealias ModelReference = HuggingFaceHub.ModelReference
/// How far a file of a model has come.
public typealias DownloadProgress = HuggingFaceHub.DownloadProgress

/// An error whose `description` is one clear line: every public one of this package.
public typealias DescribedError = Files.DescribedError

/// The functions that layers apply to their numbers.
public typealias Activation = Tensors.Activation

/// The error of a tokenizer's files, or of a text that it cannot take.
public typealias TokenizerError = Tokenization.TokenizerError

/// What `config.json` says of a model.
public typealias ModelConfiguration = Transformers.ModelConfiguration
/// BERT, DistilBERT and the others: what sets a family of models apart.
public typealias ModelFamily = Transformers.ModelFamily
/// The error of a model for another task.
public typealias MissingHeadError = Transformers.MissingHeadError
/// What a task needs on top of an encoder.
public typealias Head = Transformers.Head
/// The error of tokens that do not go with a model.
public typealias BatchError = Transformers.BatchError
