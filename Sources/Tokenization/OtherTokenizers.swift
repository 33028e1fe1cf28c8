/// The tokenizers of transformers (version 5.23) that are not BERT's, and do something else with a text
/// or a pair even if the folder has a `tokenizer.json` of BERT's kind. What transformers does not know
/// is read from that file as it is.
enum OtherTokenizers {
  /// Without the `Fast` that may follow.
  static let classes = TokenizerClass.names(
    """
    AlbertTokenizer AutoTokenizer BartTokenizer BarthezTokenizer BartphoTokenizer BasicTokenizer
    BertGenerationTokenizer BertJapaneseTokenizer BertTokenizerLegacy BertweetTokenizer
    BigBirdTokenizer BioGptTokenizer BlenderbotSmallTokenizer BlenderbotTokenizer ByT5Tokenizer
    CLIPTokenizer CTRLTokenizer CanineTokenizer CharacterTokenizer
    ClvpTokenizer CodeGenTokenizer CodeLlamaTokenizer CohereTokenizer CpmAntTokenizer CpmTokenizer
    DPRReaderTokenizer DebertaTokenizer DebertaV2Tokenizer DiaTokenizer EsmTokenizer EsmcTokenizer
    FNetTokenizer FSMTTokenizer FastSpeech2ConformerTokenizer FlaubertTokenizer FunnelTokenizer
    GPT2Tokenizer GPTNeoXJapaneseTokenizer GPTNeoXTokenizer GPTSw3Tokenizer GemmaTokenizer
    HerbertTokenizer LEDTokenizer LasrTokenizer LayoutLMv2Tokenizer LayoutLMv3Tokenizer
    LayoutXLMTokenizer LlamaTokenizer LukeTokenizer M2M100Tokenizer MBart50Tokenizer
    MBartTokenizer MLukeTokenizer MPNetTokenizer MarianTokenizer MarkupLMTokenizer MecabTokenizer
    MgpstrTokenizer MvpTokenizer MyT5Tokenizer NllbTokenizer NougatTokenizer OpenAIGPTTokenizer
    PLBartTokenizer ParakeetTokenizer PegasusTokenizer PerceiverTokenizer PhobertTokenizer
    Pop2PianoTokenizer ProphetNetTokenizer Qwen2Tokenizer Qwen3_5Tokenizer RagTokenizer
    ReformerTokenizer RemBertTokenizer RoCBertTokenizer RoFormerTokenizer
    SeamlessM4TTokenizer Siglip2Tokenizer SiglipTokenizer Speech2TextTokenizer SpeechT5Tokenizer
    SplinterTokenizer T5Tokenizer TapasTokenizer Tipsv2Tokenizer UdopTokenizer VideoPrismTokenizer
    VitsTokenizer Wav2Vec2CTCTokenizer Wav2Vec2PhonemeCTCTokenizer WhisperTokenizer
    WordpieceTokenizer XGLMTokenizer XLMTokenizer XLNetTokenizer
    """)

  /// Whose tokenizers these are where no class is named.
  static let modelTypes = TokenizerClass.names(
    """
    aimv2 albert audioflamingo3 aya_vision bart bert-generation big_bird biogpt blenderbot
    blenderbot-small blip-2 bridgetower canine clap clip clipseg clvp codegen cohere
    cohere2 colqwen2 cosmos3_omni cpmant ctrl data2vec-audio data2vec-text dbrx deberta deberta-v2
    dia diffusion_gemma dots3_note emu3 esm esmc esmfold2 falcon_mamba fastspeech2_conformer
    flaubert florence2 fnet fsmt fun_asr_nano funnel gemma gemma2 gemma3 gemma3_text gemma3n
    gemma3n_text gpt-sw3 gpt2 gpt_neo gpt_neox gpt_neox_japanese gptj groupvit hubert
    hunyuan_vl hyperclovax_vision_v2 ibert idefics idefics2 instructblip instructblipvideo
    internvl jais2 lasr_ctc lasr_encoder layoutlmv2 layoutlmv3 layoutxlm led
    lighton_ocr lilt longformer luke m2m_100 mamba mamba2 marian markuplm mbart mgp-str
    moss_transcribe_diarize mpnet mpt mra mt5 musicgen musicgen_melody mvp nllb-moe olmo olmoe
    omdet-turbo oneformer openai-gpt opt ovis2 owlv2 owlvit pegasus perceiver phi plbart
    pp_formulanet prophetnet qianfan_ocr qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe
    qwen2_vl qwen3 qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen3_asr qwen3_moe
    qwen3_next qwen3_omni_moe qwen3_vl qwen3_vl_moe qwen4_exp rag recurrent_gemma reformer rembert
    roc_bert roformer rwkv sam3 sam3_video seamless_m4t
    seamless_m4t_v2 shieldgemma2 siglip siglip2 speech_to_text speecht5 splinter starcoder2
    switch_transformers t5 t5gemma tapas tipsv2 udop unispeech unispeech-sat vibevoice
    videoprism vits wav2vec2 wav2vec2-bert wav2vec2-conformer whisper xclip xglm xlm
    xlnet xlstm yoso zaya
    """)
}
