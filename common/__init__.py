"""What the web tier and the workers both speak: settings, data, queue, bus and words. Imports neither of them."""
