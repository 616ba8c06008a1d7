"""The pictures of the lifecycle: what stands in each, where, how it is drawn, and the table below it."""
