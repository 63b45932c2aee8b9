"""One request after another: transport, batches, trying again, pace, and what an answer means."""
