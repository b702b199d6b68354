"""sacreBLEU: it imports the tokenizer of its choice by name."""

hiddenimports = ["sacrebleu.tokenizers.tokenizer_13a"]
