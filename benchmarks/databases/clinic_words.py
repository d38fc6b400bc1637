"""The words of the clinics: places, people, care and its prices. Data only; invented throughout."""

from __future__ import annotations

from datetime import UTC, datetime

START = datetime(2023, 1, 2, tzinfo=UTC)

# code, name, town, longitude, latitude, opened, licensed beds, share of the appointments
SITES = (
    ("LKE", "Lakeside Hospital", "Bath", -2.360, 51.381, datetime(2009, 5, 4, tzinfo=UTC), 84, 34),
    (
        "NGT",
        "Northgate Clinic",
        "Gloucester",
        -2.244,
        51.864,
        datetime(2014, 9, 1, tzinfo=UTC),
        30,
        20,
    ),
    (
        "HRB",
        "Harbourside Centre",
        "Bristol",
        -2.598,
        51.449,
        datetime(2018, 2, 12, tzinfo=UTC),
        48,
        24,
    ),
    (
        "MDW",
        "Meadow Lane Surgery",
        "Swindon",
        -1.780,
        51.556,
        datetime(2020, 10, 5, tzinfo=UTC),
        0,
        12,
    ),
    (
        "STN",
        "Stonebridge Day Unit",
        "Cheltenham",
        -2.078,
        51.899,
        datetime(2022, 6, 20, tzinfo=UTC),
        12,
        10,
    ),
)
SERVICES = (
    "imaging",
    "pharmacy",
    "emergency",
    "physiotherapy",
    "maternity",
    "dialysis",
    "blood bank",
)
WARDS = {
    "LKE": (
        "Cardiology", "Orthopaedics", "Oncology", "Maternity", "Paediatrics", "Intensive Care",
        "Geriatrics",
    ),
    "NGT": ("General Medicine", "Orthopaedics", "Respiratory"),
    "HRB": ("Cardiology", "Neurology", "Surgery", "Intensive Care"),
    "STN": ("Day Surgery",),
}  # fmt: skip
GIVEN = {
    "F": (
        "Aisling Beatrix Catrin Deepa Edith Fatima Gwen Hazel Imogen Joan Keziah Lowri Maeve "
        "Nadia Orla Pearl Rosalind Saoirse Tamsin Uma Verity Winifred Yvonne Zara"
    ).split(),
    "M": (
        "Alasdair Barnaby Callum Dylan Ewan Farid Gethin Hamish Idris Jeremy Kenneth Lachlan "
        "Malik Nigel Osian Percy Quentin Rhys Stuart Tariq Usman Vaughan Wilfred Yusuf"
    ).split(),
}
FAMILY = (
    "Abbott Ainsworth Baines Barlow Chaudhry Cobb Dacre Dunmore Ellery Fairfax Gallagher Gill "
    "Haddad Hartley Ibrahim Jowett Kaur Kendrick Lamb Llewellyn Mahmood Merrick Nair Okafor "
    "Osborne Pritchard Quayle Rahman Radcliffe Sheridan Tennant Underhill Vickers Whitlock "
    "Yates"
).split()
ROLES = {  # role -> (how many, hourly rate from, to, in cents)
    "consultant": (20, 95_00, 160_00),
    "registrar": (16, 48_00, 70_00),
    "nurse": (38, 24_00, 38_00),
    "physiotherapist": (8, 28_00, 42_00),
    "pharmacist": (6, 30_00, 46_00),
}
SPECIALTIES = (
    "cardiology",
    "orthopaedics",
    "oncology",
    "paediatrics",
    "neurology",
    "respiratory",
    "general medicine",
    "dermatology",
)
LANGUAGES = ("Welsh", "Urdu", "Polish", "French", "Arabic", "Hindi", "BSL")
TOWNS = {town: (lon, lat) for _, _, town, lon, lat, *_ in SITES}
CONDITIONS = (
    "asthma",
    "type 2 diabetes",
    "hypertension",
    "arthritis",
    "migraine",
    "COPD",
    "eczema",
    "depression",
    "atrial fibrillation",
)
ALLERGENS = ("penicillin", "peanuts", "latex", "ibuprofen", "pollen", "shellfish", "codeine")
INSURERS = {
    "Bupa": ("Essential", "Complete"),
    "Aviva": ("Solutions", "Optimum"),
    "Vitality": ("Core", "Plus"),
    "WPA": ("Freedom",),
}
KINDS = {  # kind -> (weight, minutes, fee in cents, share of no-shows)
    "consultation": (36, (20, 30, 40), 90_00, 0.07),
    "follow-up": (28, (10, 15, 20), 55_00, 0.10),
    "procedure": (12, (45, 60, 90), 340_00, 0.02),
    "telehealth": (16, (10, 15), 40_00, 0.14),
    "vaccination": (8, (10,), 25_00, 0.05),
}
DIAGNOSES = (
    ("I21", "heart attack", "Cardiology", 6.0), ("I48", "atrial fibrillation", "Cardiology", 3.0),
    ("S72", "hip fracture", "Orthopaedics", 9.0), ("M17", "knee arthrosis", "Orthopaedics", 4.0),
    ("C50", "breast cancer", "Oncology", 7.0), ("O80", "delivery", "Maternity", 2.2),
    ("J45", "asthma attack", "Paediatrics", 2.5), ("A41", "sepsis", "Intensive Care", 11.0),
    ("F03", "dementia", "Geriatrics", 14.0), ("J18", "pneumonia", "Respiratory", 6.5),
    ("E11", "diabetic crisis", "General Medicine", 4.5), ("I63", "stroke", "Neurology", 10.0),
    ("K35", "appendicitis", "Surgery", 3.0), ("K40", "hernia", "Day Surgery", 0.6),
)  # fmt: skip
PROCEDURES = {
    "Cardiology": "angiogram",
    "Orthopaedics": "joint replacement",
    "Oncology": "biopsy",
    "Maternity": "caesarean",
    "Surgery": "appendectomy",
    "Day Surgery": "hernia repair",
    "Neurology": "MRI scan",
    "Intensive Care": "ventilation",
}
DRUGS = {  # drug -> doses in mg
    "amoxicillin": (250, 500), "metformin": (500, 850, 1000), "atorvastatin": (10, 20, 40),
    "ramipril": (2.5, 5, 10), "omeprazole": (20, 40), "sertraline": (50, 100),
    "paracetamol": (500, 1000), "codeine": (15, 30), "warfarin": (1, 3, 5),
}  # fmt: skip
PHARMACIES = ("Wells Pharmacy", "Parade Chemist", "in-house", "MediPost")
PANELS = {  # panel -> analyte, unit, low, high, mean, spread
    "lipids": (("LDL", "mmol/L", 0.5, 3.0, 2.9, 0.9), ("HDL", "mmol/L", 1.0, 2.5, 1.4, 0.4)),
    "blood count": (
        ("haemoglobin", "g/L", 120, 170, 138, 16),
        ("platelets", "10^9/L", 150, 400, 260, 70),
        ("white cells", "10^9/L", 4.0, 11.0, 7.4, 2.6),
    ),
    "renal": (
        ("creatinine", "umol/L", 50, 110, 88, 26),
        ("potassium", "mmol/L", 3.5, 5.3, 4.4, 0.5),
    ),
    "glucose": (("HbA1c", "mmol/mol", 20, 42, 41, 11),),
    "thyroid": (("TSH", "mU/L", 0.4, 4.0, 2.3, 1.4),),
}  # fmt: skip
