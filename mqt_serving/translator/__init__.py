"""The default translator: our own network, run by ONNX Runtime."""

from mqt_serving.translator.model import Candidate, Translator

__all__ = ["Candidate", "Translator"]
