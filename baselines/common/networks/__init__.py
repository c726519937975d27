"""Networks and policies, in NumPy and TensorFlow alike."""
