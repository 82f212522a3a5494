"""The web application: gate, login, API, live pushing, photos, phones."""
