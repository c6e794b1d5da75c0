"""From a summary to what people read."""
