"""The order of work: read, plan, apply, explain. Steps see the world through `ports` only."""
