"""Pixels to faces to vectors: the only importer of deepface, tensorflow, onnxruntime and cv2.

Importing this package loads none of them; `engine.py` does.
"""
