"""The words of the sample shop: places, people, things. Data only; invented names throughout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    name: str
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Country:
    """`weight`: share of customers; `postal`: a pattern, # a digit and @ a letter."""

    name: str
    region: str
    weight: float
    postal: str
    phone: str
    cities: tuple[City, ...]


COUNTRIES = (
    Country("United States", "North America", 30, "#####", "+1", (
        City("New York", -74.01, 40.71), City("Chicago", -87.63, 41.88),
        City("Austin", -97.74, 30.27), City("Seattle", -122.33, 47.61),
        City("Denver", -104.99, 39.74), City("Atlanta", -84.39, 33.75))),
    Country("Canada", "North America", 8, "@#@ #@#", "+1", (
        City("Toronto", -79.38, 43.65), City("Vancouver", -123.12, 49.28),
        City("Montreal", -73.57, 45.50))),
    Country("Mexico", "Latin America", 5, "#####", "+52", (
        City("Mexico City", -99.13, 19.43), City("Guadalajara", -103.35, 20.67))),
    Country("Brazil", "Latin America", 5, "#####-###", "+55", (
        City("São Paulo", -46.63, -23.55), City("Curitiba", -49.27, -25.43))),
    Country("Germany", "Europe", 14, "#####", "+49", (
        City("Berlin", 13.40, 52.52), City("Hamburg", 9.99, 53.55),
        City("Munich", 11.58, 48.14), City("Cologne", 6.96, 50.94))),
    Country("France", "Europe", 8, "#####", "+33", (
        City("Paris", 2.35, 48.86), City("Lyon", 4.84, 45.76), City("Bordeaux", -0.58, 44.84))),
    Country("United Kingdom", "Europe", 10, "@@# #@@", "+44", (
        City("London", -0.13, 51.51), City("Manchester", -2.24, 53.48),
        City("Bristol", -2.59, 51.45))),
    Country("Spain", "Europe", 5, "#####", "+34", (
        City("Madrid", -3.70, 40.42), City("Valencia", -0.38, 39.47))),
    Country("Poland", "Europe", 4, "##-###", "+48", (
        City("Warsaw", 21.01, 52.23), City("Kraków", 19.94, 50.06))),
    Country("Japan", "Asia Pacific", 5, "###-####", "+81", (
        City("Tokyo", 139.69, 35.69), City("Osaka", 135.50, 34.69))),
    Country("Australia", "Asia Pacific", 4, "####", "+61", (
        City("Sydney", 151.21, -33.87), City("Melbourne", 144.96, -37.81))),
    Country("India", "Asia Pacific", 2, "######", "+91", (
        City("Bengaluru", 77.59, 12.97), City("Mumbai", 72.88, 19.08))),
)  # fmt: skip

STREETS = (
    "Oak Street", "Maple Avenue", "Station Road", "Mill Lane", "Church Street", "Park Avenue",
    "River Road", "Garden Street", "Market Square", "Hill Road", "Lake View", "Bridge Street",
    "Cedar Court", "School Lane", "Sunset Boulevard", "Harbour Way", "Linden Street", "Kings Road",
)  # fmt: skip

FIRST_NAMES = (
    "Emma", "Liam", "Olivia", "Noah", "Ava", "Lucas", "Mia", "Ethan", "Sofia", "Mason", "Isabella",
    "Leo", "Amelia", "Jack", "Charlotte", "Hugo", "Lena", "Felix", "Hannah", "Jonas", "Marie",
    "Paul", "Clara", "Louis", "Chloé", "Jules", "Inés", "Pablo", "Lucía", "Diego", "Zofia", "Jakub",
    "Yuki", "Haruto", "Sakura", "Ren", "Priya", "Arjun", "Ananya", "Rohan", "Camila", "Mateus",
    "Larissa", "Thiago", "Grace", "Oliver", "Ruby", "Harry", "Freya", "Oscar", "Nina", "Viktor",
    "Elena", "Samuel", "Julia", "Adam", "Laura", "David", "Sara", "Daniel",
)  # fmt: skip

LAST_NAMES = (
    "Smith", "Johnson", "Brown", "Garcia", "Miller", "Davis", "Martinez", "Wilson", "Anderson",
    "Taylor", "Thomas", "Moore", "Martin", "Lee", "Walker", "Young", "King", "Wright", "Müller",
    "Schmidt", "Schneider", "Fischer", "Weber", "Becker", "Dubois", "Moreau", "Laurent", "Bernard",
    "O'Brien", "Murphy", "Kowalski", "Nowak", "Wiśniewski", "Tanaka", "Sato", "Suzuki", "Kumar",
    "Sharma", "Patel", "Silva", "Santos", "Oliveira", "Costa", "López", "Fernández", "Evans",
    "Clarke", "Hughes", "Campbell", "Stewart", "Novak", "Petrov", "Rossi", "Larsen", "Jansen",
)  # fmt: skip

BRANDS = (
    "Northwind", "Aurelia", "Kestrel", "Bluepeak", "Solano", "Tandem", "Verdant", "Ironleaf",
    "Lumen", "Maris", "Quill & Co", "Halcyon",
)  # fmt: skip

# Root category -> sub-category -> (names of things, price from, price to).
DEPARTMENTS: dict[str, dict[str, tuple[tuple[str, ...], float, float]]] = {
    "Electronics": {
        "Laptops": (("Laptop 13", "Laptop 15", "Ultrabook", "Workstation"), 599, 2499),
        "Phones": (("Smartphone", "Phone Mini", "Phone Max"), 199, 1299),
        "Headphones": (("Headphones", "Earbuds", "Headset"), 29, 399),
        "Cameras": (("Action Camera", "Mirrorless Camera", "Webcam"), 59, 1499),
        "Accessories": (("USB-C Charger", "Power Bank", "Keyboard", "Mouse"), 12, 149),
    },
    "Home & Kitchen": {
        "Cookware": (("Frying Pan", "Saucepan", "Dutch Oven", "Wok"), 19, 249),
        "Coffee": (("Coffee Grinder", "Espresso Machine", "French Press", "Kettle"), 15, 699),
        "Furniture": (("Desk", "Office Chair", "Bookshelf", "Side Table"), 49, 799),
        "Bedding": (("Duvet", "Pillow", "Linen Sheet Set", "Blanket"), 15, 259),
        "Lighting": (("Desk Lamp", "Floor Lamp", "Pendant Light"), 19, 229),
    },
    "Sports & Outdoors": {
        "Cycling": (("Road Bike", "City Bike", "Bike Helmet", "Bike Light"), 19, 1899),
        "Camping": (("Tent", "Sleeping Bag", "Camping Stove", "Headlamp"), 19, 449),
        "Running": (("Running Shoes", "Running Jacket", "Hydration Vest"), 25, 199),
        "Yoga": (("Yoga Mat", "Yoga Block", "Resistance Bands"), 9, 89),
    },
    "Clothing": {
        "Jackets": (("Rain Jacket", "Down Jacket", "Denim Jacket"), 59, 349),
        "Shirts": (("Oxford Shirt", "Flannel Shirt", "T-Shirt"), 14, 89),
        "Trousers": (("Chinos", "Jeans", "Cargo Trousers"), 29, 129),
        "Shoes": (("Leather Boots", "Sneakers", "Sandals"), 35, 229),
    },
    "Books & Stationery": {
        "Notebooks": (("Dotted Notebook", "Sketchbook", "Weekly Planner"), 6, 39),
        "Pens": (("Fountain Pen", "Gel Pen Set", "Mechanical Pencil"), 4, 119),
        "Cookbooks": (("Baking Book", "Vegetarian Cookbook", "Grill Book"), 15, 49),
    },
    "Toys & Games": {
        "Board Games": (("Strategy Game", "Party Game", "Card Game"), 12, 79),
        "Puzzles": (("500 Piece Puzzle", "1000 Piece Puzzle", "Wooden Puzzle"), 9, 49),
        "Building Sets": (("Castle Set", "Space Station Set", "Train Set"), 19, 299),
    },
}  # fmt: skip

# Where a thing costs much less or more than the rest of its category.
PRICES: dict[str, tuple[float, float]] = {
    "Webcam": (39, 149), "Action Camera": (99, 499), "Mirrorless Camera": (499, 1799),
    "Espresso Machine": (199, 899), "Coffee Grinder": (29, 199), "French Press": (15, 69),
    "Kettle": (19, 129), "Road Bike": (699, 2199), "City Bike": (349, 1199),
    "Bike Helmet": (29, 149), "Bike Light": (9, 79), "Tent": (89, 549),
    "Headlamp": (15, 89), "Camping Stove": (25, 149), "Side Table": (39, 199),
}  # fmt: skip

LINES = (
    "Classic", "Pro", "Lite", "Eco", "Urban", "Alpine", "Studio", "Essential", "Premium",
    "Compact", "Signature", "Everyday",
)  # fmt: skip

COLORS = ("black", "white", "grey", "navy", "green", "red", "sand", "blue")
CLOTHING_SIZES = ("XS", "S", "M", "L", "XL")
SHOE_SIZES = ("38", "39", "40", "41", "42", "43", "44")
TAGS = ("bestseller", "new", "sustainable", "gift", "limited", "clearance", "handmade", "vegan")
INTERESTS = ("cooking", "cycling", "reading", "travel", "gaming", "fitness", "music", "gardening")

SUPPLIER_KINDS = ("Trading", "Industries", "Wholesale", "Supply", "Manufacturing", "Imports")

CARRIERS = ("DHL", "UPS", "FedEx", "DPD", "Royal Mail")

DEPARTMENT_TITLES: dict[str, tuple[str, ...]] = {
    "Sales": ("Sales Director", "Sales Manager", "Sales Representative"),
    "Support": ("Head of Support", "Support Lead", "Support Agent"),
    "Warehouse": ("Logistics Director", "Warehouse Manager", "Warehouse Associate"),
    "Marketing": ("Marketing Director", "Campaign Manager", "Content Writer"),
    "Engineering": ("Engineering Director", "Team Lead", "Software Engineer"),
    "Finance": ("Finance Director", "Controller", "Accountant"),
}
SKILLS: dict[str, tuple[str, ...]] = {
    "Sales": ("negotiation", "crm", "spanish", "german"),
    "Support": ("french", "german", "troubleshooting", "crm"),
    "Warehouse": ("forklift", "inventory", "first aid"),
    "Marketing": ("seo", "copywriting", "analytics"),
    "Engineering": ("python", "javascript", "mongodb", "kubernetes"),
    "Finance": ("accounting", "excel", "analytics"),
}

TICKET_SUBJECTS: dict[str, tuple[str, ...]] = {
    "delivery": ("Where is my parcel?", "Parcel arrived damaged", "Delivered to wrong address",
                 "Delivery is late"),
    "return": ("How do I return an item?", "Wrong size, please exchange", "Return label missing"),
    "payment": ("Charged twice", "Refund not received", "Card was declined", "Invoice needed"),
    "product": ("Item stopped working", "Missing parts", "Question about warranty",
                "Battery does not charge"),
    "account": ("Cannot log in", "Change my email address", "Delete my account"),
}  # fmt: skip
TICKET_MESSAGES = (
    "Thank you for getting in touch, we are looking into it.",
    "Could you send us a photo, please?",
    "We have started a refund, it takes three to five working days.",
    "A replacement is on its way.",
    "Thanks, that solved it!",
    "I am still waiting for an answer.",
    "The carrier confirmed the delivery date.",
)
REVIEW_TITLES: dict[int, tuple[str, ...]] = {
    1: ("Very disappointed", "Broke after a week", "Do not buy"),
    2: ("Not worth the price", "Expected more", "Poor quality"),
    3: ("It is okay", "Average", "Does the job"),
    4: ("Good value", "Happy with it", "Solid product"),
    5: ("Excellent", "Love it", "Perfect gift", "Highly recommended"),
}
REVIEW_TEXTS: dict[int, tuple[str, ...]] = {
    1: ("It arrived broken and support was slow.", "Stopped working after a few days."),
    2: ("The material feels cheap.", "Smaller than it looks in the pictures."),
    3: ("Fine for the price, nothing special.", "Works, but the manual is confusing."),
    4: ("Good quality and fast delivery.", "Very comfortable, would buy again."),
    5: ("Exactly what I was looking for, great quality.", "My whole family loves it.",
        "Fast delivery and beautiful packaging."),
}  # fmt: skip
CANCEL_REASONS = ("changed my mind", "found it cheaper", "delivery too slow", "ordered by mistake")
GIFT_NOTES = ("Happy birthday!", "Merry Christmas!", "Congratulations!", "With love", "Thank you!")
