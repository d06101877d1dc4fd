"""The engine: incidents, paging, store, services and doors."""
