"""A plain sign for each kind of box, of our own design, as SVG paths in a square of 20."""

from __future__ import annotations

from hinagata.diagram.picture import Symbol

# Drawn as lines with round ends; the box's colour comes from its family.
SIGNS: dict[Symbol, str] = {
    Symbol.API: "M7 3H6a2 2 0 0 0-2 2v3a2 2 0 0 1-2 2 2 2 0 0 1 2 2v3a2 2 0 0 0 2 2h1"
    "M13 3h1a2 2 0 0 1 2 2v3a2 2 0 0 0 2 2 2 2 0 0 0-2 2v3a2 2 0 0 1-2 2h-1M8 10h.01M12 10h.01",
    Symbol.BUCKET: "M3 5a7 2.5 0 0 0 14 0a7 2.5 0 0 0-14 0l2 11a5 2 0 0 0 10 0l2-11",
    Symbol.BUS: "M2 10h16M5 10V5M10 10v5M15 10V5",
    Symbol.DISTRIBUTION: "M10 10m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M10 2v5M10 13v5M2 10h5M13 10h5",
    Symbol.EXTERNAL: "M9 4H4v12h12v-5M12 3h5v5M17 3l-8 8",
    Symbol.FUNCTION: "M7 5l-5 5 5 5M13 5l5 5-5 5M11.5 3l-3 14",
    Symbol.INTERNET: "M2 10a8 8 0 1 0 16 0a8 8 0 1 0-16 0M2 10h16"
    "M10 2a4 8 0 0 0 0 16a4 8 0 0 0 0-16",
    Symbol.LOAD_BALANCER: "M2 10h6M8 10l4-5h6M8 10l4 5h6M8 10h10",
    Symbol.OTHER: "M10 3l7 7-7 7-7-7z",
    Symbol.QUEUE: "M2 6h16v8H2zM6 6v8M10 6v8M14 6v8",
    Symbol.SCHEDULE: "M2 10a8 8 0 1 0 16 0a8 8 0 1 0-16 0M10 5v5l3.5 2",
    Symbol.SERVICE: "M6 6V3h11v11h-3M3 6h11v11H3z",
    Symbol.STREAM: "M2 6q4-4 8 0t8 0M2 10q4-4 8 0t8 0M2 14q4-4 8 0t8 0",
    Symbol.TABLE: "M3 3h14v14H3zM3 8h14M3 12.5h14M8.5 3v14",
    Symbol.TOPIC: "M3 10h5M8 10l8-6M8 10h9M8 10l8 6M16 4h.01M17 10h.01M16 16h.01",
    Symbol.WORKFLOW: "M7 2h6v4H7zM2 14h6v4H2zM12 14h6v4h-6zM10 6v4M5 14v-4h10v4",
}
EYE = "M2 10q8-9 16 0q-8 9-16 0M10 10m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0"
SHIELD = "M10 2l7 3v5c0 4-3 7-7 8c-4-1-7-4-7-8V5z"
LETTER = "M2 5h16v11H2zM2 5l8 7 8-7"

# Which colour a box has: who talks to the outside, computes, passes on, keeps.
FAMILIES: dict[Symbol, str] = {
    Symbol.API: "edge",
    Symbol.BUCKET: "store",
    Symbol.BUS: "passage",
    Symbol.DISTRIBUTION: "edge",
    Symbol.EXTERNAL: "plain",
    Symbol.FUNCTION: "compute",
    Symbol.INTERNET: "edge",
    Symbol.LOAD_BALANCER: "edge",
    Symbol.OTHER: "plain",
    Symbol.QUEUE: "passage",
    Symbol.SCHEDULE: "edge",
    Symbol.SERVICE: "compute",
    Symbol.STREAM: "passage",
    Symbol.TABLE: "store",
    Symbol.TOPIC: "passage",
    Symbol.WORKFLOW: "compute",
}
