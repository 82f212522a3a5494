"""How sensors speak: sessions, decoders, readings, judging."""
