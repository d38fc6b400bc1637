"""Query text to trees and back: mongosh, Node.js, PyMongo and Extended JSON."""
