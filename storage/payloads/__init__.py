"""Places for large payloads: `engine.ports.PayloadStorage` on a disk and in an S3-compatible object store."""
