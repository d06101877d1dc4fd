"""The catalog: its sources, its views, and how ready the services in it are."""
