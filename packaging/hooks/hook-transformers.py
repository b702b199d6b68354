"""transformers: its code, and GPT-2. The library lists its models by reading the sources in ``models``."""

hiddenimports = [
    "transformers.models.gpt2.configuration_gpt2",
    "transformers.models.gpt2.modeling_gpt2",
    "transformers.models.gpt2.tokenization_gpt2",
]
module_collection_mode = "pyz+py"
