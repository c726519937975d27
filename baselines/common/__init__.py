"""The ground that every algorithm stands on."""
