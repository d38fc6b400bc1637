"""The words of the bike sharing operator: places, models, tariffs, faults. Data only."""

from __future__ import annotations

from datetime import UTC, datetime

START = datetime(2023, 10, 1, tzinfo=UTC)
UNDER_WAY = 12
"""Trips that have not ended."""
CENTRE = (4.4792, 51.9225)
DISTRICTS = (  # name, column and row of its square of the map, inhabitants, trips drawn
    ("Centrum", 1, 1, 36_500, 40), ("Noord", 1, 2, 52_300, 18), ("Delfshaven", 0, 1, 75_900, 16),
    ("Kralingen", 2, 1, 53_700, 14), ("Feijenoord", 2, 0, 77_100, 12),
    ("Charlois", 1, 0, 68_400, 9), ("Overschie", 0, 2, 19_600, 5), ("Waalhaven", 0, 0, 9_800, 4),
)  # fmt: skip
WIDE, HIGH = 0.045, 0.022  # degrees of longitude and latitude that a district covers
PLACES = (
    "Markt",
    "Haven",
    "Park",
    "Museum",
    "Station",
    "School",
    "Brug",
    "Plein",
    "Kade",
    "Bibliotheek",
    "Ziekenhuis",
    "Stadion",
)
ADJECTIVES = ("Oude", "Nieuwe", "Groene", "Witte", "Hoge", "Lage", "Rode", "Kleine", "Grote")
MODELS = {  # model -> kind, price in cents, share, repairs drawn
    "Gazelle Orange": ("classic", 640_00, 34, 1.0),
    "Batavus Bolt": ("classic", 520_00, 20, 2.4),
    "Gazelle Volt": ("electric", 1_890_00, 26, 1.3),
    "Stromer One": ("electric", 2_650_00, 12, 0.8),
    "Urban Arrow": ("cargo", 4_300_00, 8, 1.6),
}
TARIFFS = (  # code, name, unlock, minute, month, free minutes, weight of riders
    ("PAYG", "Pay as you go", 100, 15, None, 0, 46),
    ("MONTH", "Monthly", 0, 8, 1250, 20, 26),
    ("YEAR", "Yearly", 0, 5, 790, 30, 16),
    ("STUD", "Student", 0, 7, 500, 30, 9),
    ("CORP", "Company", 50, 10, None, 15, 3),
)
FIRST = (
    "Anouk",
    "Bram",
    "Cas",
    "Daan",
    "Eline",
    "Femke",
    "Gijs",
    "Hidde",
    "Ilse",
    "Jelle",
    "Koen",
    "Lotte",
    "Maud",
    "Niels",
    "Okke",
    "Puck",
    "Roos",
    "Sem",
    "Teun",
    "Veerle",
    "Wout",
    "Yara",
    "Amir",
    "Esra",
    "Joao",
    "Mei",
)
LAST = (
    "Bakker",
    "de Boer",
    "Dekker",
    "van Dijk",
    "Hendriks",
    "Jacobs",
    "de Jong",
    "Kok",
    "Kuiper",
    "Mulder",
    "Peters",
    "Postma",
    "Smit",
    "Verhoeven",
    "Visser",
    "de Vries",
    "de Wit",
    "Yildiz",
    "Zwart",
    "El Amrani",
)
FAULTS = {  # fault -> weight, minutes of labour, parts with their price in cents
    "flat tyre": (30, 20, (("tyre", 1850), ("inner tube", 600))),
    "brakes": (22, 35, (("brake pads", 900), ("brake cable", 450))),
    "chain": (14, 30, (("chain", 1600),)),
    "lock": (10, 45, (("smart lock", 7400),)),
    "battery": (9, 50, (("battery cell", 12_900), ("connector", 850))),
    "vandalism": (9, 90, (("saddle", 2300), ("mudguard", 1200), ("light", 1500))),
    "inspection": (6, 40, ()),
}
HOURS = {  # weights of the hours 6 to 23, working days and weekends
    False: (4, 11, 16, 9, 5, 5, 7, 7, 6, 7, 11, 16, 13, 8, 5, 4, 3, 2),
    True: (1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 11, 9, 8, 7, 6, 5, 5, 4),
}
INCIDENTS = ("theft", "collision", "vandalism", "battery fire", "illegal parking", "fall")
