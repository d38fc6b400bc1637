"""Compact tables of made-up databases to practise on: things, their fields, what belongs to what.

One block per domain: the domain, then a line per collection: `name: field field ...`. A field is
`name:type`, `name|other_name:type` (one name is drawn), `?` behind the type (often missing),
`name{...}` (object), `name[...]` (array of objects), `name[]:type` (array of values), `>other` or
`role>other` (reference). Deeper lines continue the one above. Types are those of
`practice_values`; `~` is a space in enum values.
"""

from __future__ import annotations

from typing import Final

DOMAINS: Final = """
library
  books: title:title isbn:code
      genre:enum(Fiction|Mystery|Biography|Science|History|Poetry|Fantasy)
      pages|page_count:int(60-900) published_year|year:year(1950-2024) price|cost:money(5-90)
      language:language available|is_available:bool publisher{name:company city:city}
      copies[copy_code:code condition:enum(new|good|worn|damaged) acquired_on:date shelf:code]
      tags|keywords[]:enum(classic|bestseller|award|translated|illustrated)
      summary|description:sentence? >authors
  authors|writers: name|full_name:person nationality:nationality birth_year:year(1900-1995)
      biography:sentence? awards|award_count:int(0-12)
  members|patrons: first_name:first last_name:last email:email joined_on|join_date:date
      city|town:city membership|level:enum(basic|premium|student) active:bool phone:phone?
  loans|checkouts: loaned_at|loan_date:date due_date|due_on:date returned_at:date?
      fine:money(0-30)? renewals:int(0-5) >books >members
hospital
  patients: full_name|name:person gender|sex:enum(male|female|other) birth_date|dob:birth
      blood_type:enum(A+|A-|B+|O+|O-|AB+) city:city insurance{provider:company policy_number:code}
      allergies[]:enum(penicillin|nuts|latex|pollen|dust) smoker|is_smoker:bool
      weight_kg:num(40-130) height_cm:int(140-205) phone:phone?
  doctors|physicians: name:person
      specialty|specialization:enum(cardiology|oncology|pediatrics|neurology|surgery|radiology)
      years_of_experience|experience_years:int(1-40) salary|annual_salary:money(60000-250000)
      hired_on|hire_date:date >departments
  departments|wards: name:enum(Emergency|Cardiology|Maternity|Surgery|Oncology|Radiology)
      floor:int(0-9) beds|bed_count:int(8-80) budget:money(100000-3000000) head|chief:person
  appointments|visits: scheduled_at|appointment_date:date
      reason:enum(check-up|follow-up|vaccination|pain|injury)
      status:enum(scheduled|completed|cancelled|no_show) duration_minutes|duration:int(10-120)
      fee|charge:money(30-400) notes:sentence? >patients >doctors
  prescriptions: prescribed_on:date
      medications|drugs[drug|name:enum(Ibuprofen|Amoxicillin|Metformin|Aspirin|Insulin)
      dose_mg:int(50-1000) days:int(3-60)] >patients >doctors
airline
  flights: flight_number|number:code origin|departure_city:city destination|arrival_city:city
      departs_at|departure_time:date arrives_at|arrival_time:date
      distance_km|distance:int(150-12000) status:enum(on~time|delayed|cancelled|boarding)
      delay_minutes:int(0-300)? price|base_fare:money(40-1500) >aircraft
  aircraft|planes: model:enum(A320|A350|B737|B777|E190) registration|tail_number:code
      capacity|seats:int(80-400) manufacturer|maker:enum(Airbus|Boeing|Embraer)
      first_flight_year:year(1995-2024) range_km:int(2000-15000) retired:bool
  passengers|travelers: name|full_name:person nationality:nationality email:email
      frequent_flyer|is_member:bool miles|points:int(0-300000) birth_date:birth
  bookings|reservations: reference|booking_code:code booked_at|booking_date:date seat:code
      cabin|class:enum(economy|premium|business|first) fare|price:money(50-4000) paid:bool
      bags|luggage[weight_kg|weight:num(2-32) kind|type:enum(carry-on|checked|sports)] >flights
      >passengers
university
  students: name|student_name:person email:email
      major:enum(Biology|Mathematics|History|Economics|Physics|Computer~Science) gpa:num(1-4)
      enrolled_on|enrollment_date:date birth_date:birth credits:int(0-180)
      international|is_international:bool address{street:street city:city country:country}
      >departments
  courses: title|name:title code|course_code:code credits:int(1-8)
      level:enum(undergraduate|graduate|doctoral) semester|term:enum(spring|summer|fall|winter)
      capacity|max_students:int(10-300)
      sessions|classes[weekday:enum(Monday|Tuesday|Wednesday|Thursday|Friday) room:code
      hours:int(1-4)] >departments instructor>professors
  professors|instructors: name:person rank|title:enum(assistant|associate|full|emeritus)
      salary:money(50000-190000) hired_at|start_date:date publications|paper_count:int(0-220)
      >departments
  departments: name:enum(Science|Arts|Engineering|Law|Medicine|Business) building:label
      budget:money(200000-9000000) founded|founded_year:year(1850-2015)
  enrollments|registrations: grade:enum(A|B|C|D|F)? score|points:num(0-100) enrolled_at|date:date
      completed|passed:bool >students >courses
gym
  members|clients: name:person age:int(16-80) gender:enum(female|male)
      plan|membership_type:enum(monthly|annual|student|family) joined_on|joined_at:date
      monthly_fee|fee:money(15-120) active|is_active:bool
      goals[]:enum(strength|weight~loss|endurance|flexibility) measurements[taken_on|date:date
      weight|weight_kg:num(45-140) body_fat_percent|fat_percent:num(5-45)] email:email?
  trainers|coaches: name:person specialty:enum(yoga|crossfit|pilates|boxing|spinning)
      hourly_rate|rate:money(20-110) certified|is_certified:bool rating|stars:num(1-5)
      years_experience:int(0-30)
  classes|sessions: name|title:label kind|type:enum(yoga|crossfit|pilates|boxing|spinning)
      starts_at|start_time:date duration_minutes|length_minutes:int(20-120)
      capacity|spots:int(5-40) room|studio:enum(Studio~A|Studio~B|Main~Hall) price:money(0-40)
      >trainers
  checkins|attendance: at|checked_in_at:date minutes|duration:int(10-200) >members >classes
property
  properties|listings: title|headline:title coordinates|location:point
      kind|property_type:enum(house|apartment|villa|studio|loft)
      price|asking_price:money(60000-2500000) bedrooms|rooms:int(0-8) bathrooms:int(1-6)
      area_sqm|area:int(20-600) built|year_built:year(1900-2024) address{street:street city:city
      state|region:state zip_code:zip}
      features|amenities[]:enum(garden|pool|garage|balcony|elevator)
      status:enum(for~sale|sold|rented|withdrawn) listed_on|listing_date:date
      furnished|is_furnished:bool >agents
  agents|brokers: name:person agency|company:company phone:phone email:email
      commission_percent|commission:num(1-6) license_number:code since|active_since:date
  viewings|visits: scheduled_for|date:date feedback|comment:sentence?
      interested|is_interested:bool offer|offer_amount:money(50000-2500000)? >properties
      visitor|buyer>buyers
  buyers|clients: name:person budget|max_budget:money(80000-2000000)
      preferred_city|wanted_city:city email:email first_time|first_time_buyer:bool
film
  films|movies: title:title release_year|year:year(1950-2025)
      genres[]:enum(drama|comedy|action|horror|documentary|romance)
      runtime|duration_minutes:int(60-220) budget|budget_usd:money(100000-200000000)
      box_office|gross:money(0-900000000) rating|score:num(1-10) votes|vote_count:int(10-900000)
      language:language cast|actors[name|actor:person role|character:label
      salary:money(1000-9000000)] country:country
      awards[name:enum(Best~Picture|Best~Director|Best~Actor|Best~Music) year:year(1990-2025)
      won:bool] >directors >studios
  directors: name:person nationality:nationality birth_date|born_on:birth gender:enum(male|female)
  studios: name:company country:country founded|founded_in:year(1910-2015)
      employees|employee_count:int(10-9000)
  reviews|ratings: stars|rating:int(1-5) text|comment:sentence posted_at|created_at:date
      helpful|helpful_votes:int(0-500) reviewer|author:person >films
logistics
  shipments|consignments: tracking_number|tracking_code:code
      status:enum(pending|in_transit|delivered|lost|returned) shipped_at|shipped_on:date
      delivered_at:date? weight_kg|weight:num(0.1-900) cost|shipping_cost:money(3-900)
      origin{city:city country:country} destination{city:city country:country}
      express|is_express:bool drop_off|delivery_point:point?
      packages|parcels[length_cm:int(5-200) width_cm:int(5-200) weight_kg:num(0.1-60)
      fragile:bool contents|description:label] >carriers >warehouses
  carriers|couriers: name:company headquarters|hq_city:city rating:num(1-5)
      fleet_size|trucks:int(3-900) international|is_international:bool
  warehouses|depots: name|code:label city:city capacity|capacity_m3:int(100-90000)
      opened_on|opening_date:date manager|manager_name:person temperature_controlled:bool
      location|position:point
  drivers: name:person license_class|license:enum(B|C|CE|D) hired_on|hired_at:date
      trips|trip_count:int(0-4000) accidents:int(0-9) >carriers
restaurant
  restaurants: name:label cuisine:enum(Italian|Mexican|Thai|Indian|French|Japanese) city:city
      rating|stars:num(1-5) seats|capacity:int(10-250) opened|opened_in:year(1960-2024)
      price_range|price_level:enum($|$$|$$$) delivers|has_delivery:bool
      opening_hours|hours[day|weekday:enum(Monday|Friday|Saturday|Sunday)
      opens:enum(08:00|10:00|12:00) closes:enum(20:00|22:00|23:30)] owner|owner_name:person
      location|geo:point
  dishes|menu_items: name|dish_name:label price:money(3-70)
      category|course:enum(starter|main|dessert|drink) calories|kcal:int(40-1800)
      vegetarian|is_vegetarian:bool
      ingredients[]:enum(tomato|cheese|rice|chicken|beef|basil|garlic) spicy:bool >restaurants
  orders: ordered_at|placed_at:date table_number|table_no:int(1-60)
      total|total_amount:money(8-500) tip:money(0-80)?
      payment_method|paid_with:enum(cash|card|voucher) lines|items[dish|name:label
      quantity|qty:int(1-8) price|unit_price:money(3-70)] waiter|server:person >restaurants
  reservations: reserved_for|date:date party_size|guests:int(1-14) name|guest_name:person
      confirmed|is_confirmed:bool >restaurants
bank
  customers|clients: name|full_name:person email:email city:city country:country birth_date:birth
      joined_at|customer_since:date segment|tier:enum(retail|private|business)
      credit_score|score:int(300-850) phones[]:phone vip|is_vip:bool
  accounts: account_number|iban:code kind|account_type:enum(checking|savings|business)
      balance|current_balance:money(-500-250000) currency:enum(USD|EUR|GBP|CHF)
      opened_on|opened_at:date closed_on:date? overdraft_limit:money(0-5000) frozen|is_frozen:bool
      >customers branch>branches
  transactions|movements: amount:money(1-9000)
      kind|type:enum(deposit|withdrawal|transfer|fee|payment) booked_at|timestamp:date
      description|memo:sentence? merchant|counterparty:company
      status:enum(booked|pending|rejected) >accounts
  branches|offices: name:label city:city manager|manager_name:person
      employees|staff_count:int(3-120) opened|opened_in:year(1950-2022)
      coordinates|location:point
  loans: principal|loan_amount:money(1000-600000) rate|interest_rate:num(0.5-14)
      term_months|months:int(6-360) started_on|start_date:date
      status:enum(active|repaid|defaulted) >customers
school
  pupils|students: name:person grade|grade_level:int(1-12) birth_date:birth gender:enum(girl|boy)
      city:city scholarship|has_scholarship:bool absences|days_absent:int(0-40)
      guardians|parents[name:person relation|relationship:enum(mother|father|guardian)
      phone:phone] marks|grades[subject:enum(Math|English|Science|Art|Music|History)
      mark|score:int(1-100) date|graded_on:date] >teachers
  teachers: name:person subject:enum(Math|English|Science|Art|Music|History)
      hired_on|start_date:date salary:money(25000-95000) full_time|is_full_time:bool
  clubs: name|club_name:label meets_on|weekday:enum(Monday|Wednesday|Friday)
      fee|yearly_fee:money(0-200) members|member_count:int(4-60)
      founded|founded_year:year(1960-2023) supervisor>teachers
hotel
  hotels: name|hotel_name:label stars|rating:int(1-5) city:city country:country
      rooms_total|room_count:int(10-900)
      amenities|facilities[]:enum(pool|spa|gym|parking|wifi|restaurant)
      opened|opening_year:year(1900-2024) rooms[number|room_number:int(100-999)
      kind|type:enum(single|double|suite|family) price|nightly_rate:money(40-900)
      sea_view|has_sea_view:bool] location|position:point
  guests: name|guest_name:person email:email nationality|country:nationality
      loyalty_level|level:enum(none|silver|gold|platinum) nights_stayed|total_nights:int(0-400)
      birth_date:birth?
  bookings|stays: check_in|arrival_date:date check_out|departure_date:date
      total|total_price:money(60-9000) guests_count|adults:int(1-6)
      channel|source:enum(website|phone|agency|walk-in) cancelled|is_cancelled:bool
      special_requests|notes:sentence? >hotels >guests
music
  artists|bands: name|artist_name:label genre:enum(rock|jazz|pop|metal|folk|electronic)
      country:country formed|formed_in:year(1955-2022) followers|listeners:int(100-9000000)
      active:bool members|musicians[name:person instrument:enum(guitar|drums|bass|vocals|piano)
      joined|joined_in:year(1960-2024)]
  albums|records: title:title released_on|release_date:date label|record_label:company
      price:money(4-45) copies_sold|units_sold:int(100-9000000) tracks|songs[title|name:title
      length_seconds|duration_seconds:int(60-900) plays|play_count:int(0-99000000) explicit:bool]
      >artists
  concerts|shows: venue|venue_name:label city:city country:country held_on|date:date
      tickets_sold|attendance:int(50-90000) ticket_price|price:money(10-350)
      sold_out|is_sold_out:bool >artists
sports
  teams|clubs: name|team_name:label city:city founded|founded_year:year(1880-2015)
      stadium|arena:label capacity|stadium_capacity:int(2000-99000) budget:money(100000-90000000)
      colors[]:color coach|coach_name:person
  players|athletes: name|player_name:person position:enum(goalkeeper|defender|midfielder|forward)
      age:int(16-41) height_cm|height:int(155-210) weight_kg|weight:int(50-120)
      nationality:nationality salary|weekly_wage:money(500-400000) goals|goals_scored:int(0-300)
      injured|is_injured:bool contract_until|contract_end:date >teams
  matches|games: played_on|match_date:date home_goals|home_score:int(0-8)
      away_goals|away_score:int(0-8) attendance|spectators:int(100-90000)
      referee|referee_name:person competition|league:enum(League|Cup|Friendly|Playoff)
      events|incidents[minute:int(1-95) kind|type:enum(goal|yellow~card|red~card|substitution)
      player|player_name:person] host>teams
museum
  exhibits|artworks: title:title artist|artist_name:person year|created_year:year(1400-2023)
      medium|material:enum(oil|bronze|marble|photograph|watercolor)
      value|insured_value:money(500-9000000) on_display|is_on_display:bool
      height_cm|height:num(5-500) acquired_on|acquisition_date:date >galleries
  galleries|rooms: name:label floor:int(0-5) wing:enum(north|south|east|west)
      area_sqm|area:int(20-900)
  visitors: name:person age:int(5-90) country:country
      ticket_type|ticket:enum(adult|child|student|senior) visited_on|visit_date:date
      paid|amount_paid:money(0-40) languages[]:language
  tours|guided_tours: name|topic:label guide|guide_name:person starts_at|start:date
      language:language max_participants|group_size:int(5-40) price|fee:money(0-50) >galleries
farm
  farms: name|farm_name:label region|state:state area_hectares|hectares:num(1-3000)
      location|centre:point
      owner|owner_name:person organic|is_organic:bool founded|since_year:year(1850-2020)
      machines|equipment[kind|type:enum(tractor|harvester|plough|sprayer) brand:company
      bought_on|purchased_on:date price|cost:money(3000-400000)]
  animals|livestock: tag|ear_tag:code species:enum(cow|sheep|goat|pig|horse|chicken)
      born_on|birth_date:date weight_kg|weight:num(1-900) sex|gender:enum(male|female)
      vaccinated|is_vaccinated:bool name|nickname:first? >farms
  harvests|crops: crop|product:enum(wheat|corn|barley|potato|apple|grape) harvested_on|date:date
      tons|yield_tons:num(0.5-900) price_per_ton|unit_price:money(60-900)
      quality|grade:enum(A|B|C) buyer|sold_to:company? >farms
support
  tickets|cases: number|ticket_number:code subject|title:title
      priority:enum(low|normal|high|urgent) status:enum(open|pending|solved|closed)
      created_at|opened_at:date closed_at|resolved_at:date?
      channel|source:enum(email|chat|phone|web) satisfaction|rating:int(1-5)?
      tags|labels[]:enum(billing|bug|login|shipping|refund) messages|replies[author|sender:person
      body|text:sentence sent_at|at:date internal|is_internal:bool] assignee|agent>agents
      requester|customer>customers
  agents|operators: name:person team|group:enum(tier~1|tier~2|billing|technical) email:email
      started_on|hired_on:date languages[]:language solved_count|tickets_solved:int(0-9000)
  customers|accounts: name|company_name:company
      industry|sector:enum(retail|finance|health|education|energy)
      plan|subscription:enum(free|pro|enterprise) monthly_revenue|mrr:money(0-20000)
      country:country contacts[name:person email:email primary|is_primary:bool]
hr
  employees|staff: name|full_name:person
      job_title|position:enum(engineer|analyst|designer|manager|assistant|director)
      salary|annual_salary:money(24000-240000) hired_on|hire_date:date birth_date:birth
      email:email remote|is_remote:bool skills[]:enum(python|sql|excel|negotiation|design|java)
      performance_score|performance:num(1-5) address{city:city country:country} >departments
      office>offices
  departments|divisions: name:enum(Sales|Marketing|Finance|IT|Operations|Legal)
      budget:money(50000-5000000) cost_center|code:code headcount|head_count:int(2-300)
  offices|sites: name:label city:city country:country capacity|desks:int(5-900)
      opened_on|opening_date:date
  leaves|absences: kind|leave_type:enum(vacation|sick|parental|unpaid) from_date|starts_on:date
      days|day_count:int(1-60) approved|is_approved:bool >employees
carrental
  cars|vehicles: plate|license_plate:code make|brand:enum(Toyota|Ford|BMW|Renault|Kia|Volvo)
      model|model_name:label year|model_year:year(2008-2025) color|colour:color
      mileage|odometer_km:int(0-300000) daily_rate|price_per_day:money(20-300)
      fuel|fuel_type:enum(petrol|diesel|electric|hybrid) seats|seat_count:int(2-9)
      available|is_available:bool services|maintenance[done_on|date:date
      kind|work:enum(oil|tires|brakes|inspection) cost|price:money(30-3000)] >branches
  branches|stations: name|branch_name:label city:city airport|at_airport:bool phone:phone
      opened_on|opened:date location|coords:point?
  renters|customers: name|customer_name:person license_number|driver_license:code city:city
      age:int(18-85) blacklisted|is_blacklisted:bool
  rentals|contracts: picked_up_at|start_date:date returned_at|end_date:date?
      total|total_price:money(20-4000) days|rental_days:int(1-40)
      insurance|insurance_type:enum(none|basic|full) km_driven|distance_km:int(5-6000) >cars
      >renters
insurance
  policies|contracts: policy_number|number:code kind|product:enum(car|home|life|travel|health)
      premium|annual_premium:money(50-6000) starts_on|start_date:date ends_on|end_date:date
      insured_amount|coverage:money(1000-1000000) status:enum(active|lapsed|cancelled)
      claims[claimed_on|filed_on:date amount|claim_amount:money(50-90000)
      reason|cause:enum(accident|theft|fire|water|illness) approved|is_approved:bool?]
      holder|policyholder>holders agent|broker>agents
  holders|policyholders: name:person birth_date:birth city:city
      occupation|job:enum(teacher|nurse|driver|lawyer|farmer|cook) smoker:bool
      children|child_count:int(0-6) email:email?
  agents|brokers: name:person region|area:state commission_rate|commission:num(1-15)
      joined_on|since:date
energy
  plants|power_plants: name|plant_name:label fuel|source:enum(solar|wind|hydro|gas|nuclear|coal)
      capacity_mw|capacity:num(1-1800) commissioned|commissioned_year:year(1955-2024)
      country:country region:state operator|operated_by:company online|is_online:bool
      site|location:point
      units|turbines[unit_number|no:int(1-12) output_mw|output:num(0.5-400)
      manufacturer|maker:company last_inspection|inspected_on:date]
  readings|measurements: measured_at|timestamp:date output_mwh|generation:num(0-9000)
      temperature_c|temperature:num(-20-45) emissions_tons|co2_tons:num(0-4000)
      fault|has_fault:bool >plants
  outages|incidents: started_at|began_at:date ended_at:date?
      cause|reason:enum(storm|maintenance|overload|equipment|human~error)
      customers_affected|affected:int(0-90000) severity|level:enum(minor|major|critical) >plants
conference
  talks|sessions: title:title track|topic:enum(data|web|security|mobile|research)
      starts_at|start_time:date length_minutes|duration:int(15-120)
      level|difficulty:enum(beginner|intermediate|advanced) attendees|attendance:int(0-800)
      rating|score:num(1-5)? recorded|is_recorded:bool room|room_name:enum(Aula|Blue|Green|Main)
      keywords[]:enum(ai|cloud|testing|design|privacy) >speakers
  speakers: name:person company|employer:company country:country bio|biography:sentence?
      first_time|is_first_time:bool twitter|handle:code?
  sponsors: name|company_name:company tier|level:enum(bronze|silver|gold|platinum)
      amount|contribution:money(500-90000) booth|booth_number:code
      since|since_year:year(2008-2025)
  registrations|tickets: ticket_code|code:code name|attendee_name:person
      ticket_type|kind:enum(student|regular|vip|online) price|paid_amount:money(0-1500)
      registered_at|registered_on:date checked_in|has_checked_in:bool country:country
realty_rent
  buildings: name|building_name:label address{street:street city:city zip_code|postcode:zip}
      floors|floor_count:int(1-60) built_in|construction_year:year(1880-2024)
      elevator|has_elevator:bool manager|manager_name:person apartments|units[number|unit_no:code
      bedrooms|rooms:int(0-5) rent|monthly_rent:money(300-6000) occupied|is_occupied:bool
      area_sqm|size_sqm:num(15-250)]
  tenants|renters: name|tenant_name:person email:email phone:phone moved_in_on|move_in_date:date
      monthly_income|income:money(900-20000) pets|has_pets:bool
      occupation:enum(engineer|student|retired|nurse|chef) >buildings
  repairs|maintenance_requests: reported_on|created_at:date fixed_on|completed_at:date?
      kind|category:enum(plumbing|heating|electric|roof|painting) cost|repair_cost:money(20-9000)
      urgent|is_urgent:bool >buildings
publishing
  articles|posts: headline|title:title slug:code
      section|category:enum(politics|sports|culture|science|travel)
      published_at|publication_date:date views|view_count:int(0-900000)
      words|word_count:int(80-6000) premium|is_premium:bool status:enum(draft|published|archived)
      tags|topics[]:enum(election|climate|football|film|space|food) comments[user|commenter:person
      text|body:sentence likes|like_count:int(0-900) posted_at|created_at:date]
      author|writer>authors
  authors|journalists: name|full_name:person email:email
      desk|department:enum(news|sports|culture|economy) joined_on|joined_at:date
      freelance|is_freelancer:bool articles_written|article_count:int(0-3000)
  subscribers|readers: name:person country:country plan|subscription_plan:enum(digital|print|both)
      subscribed_at|start_date:date cancelled_at:date? monthly_price|price:money(3-40)
      newsletters[]:enum(daily|weekly|sports|culture)
factory
  machines: name|machine_name:label serial_number|serial:code
      kind|machine_type:enum(lathe|press|robot|mill|conveyor) installed_on|installation_date:date
      hours_run|operating_hours:int(0-90000) status:enum(running|idle|maintenance|broken)
      power_kw|power:num(1-400) line|production_line:enum(Line~1|Line~2|Line~3)
  parts|components: part_number|part_no:code name|part_name:label
      material:enum(steel|aluminum|plastic|copper|rubber) unit_cost|cost:money(0.1-900)
      stock|in_stock_quantity:int(0-9000) reorder_level|minimum_stock:int(5-500)
      weight_g|weight:num(1-20000) >suppliers
  suppliers|vendors: name|company_name:company country:country rating|score:num(1-5)
      lead_time_days|lead_days:int(1-90) certified|is_certified:bool contact{name:person
      email:email phone:phone}
  work_orders|jobs: order_number|job_number:code created_on|created_at:date
      finished_on|finished_at:date? quantity|units:int(1-5000)
      scrap|defects|defect_count:int(0-200) shift:enum(morning|evening|night)
      operator|worker:person >machines >parts
zoo
  animals: name|animal_name:first species:enum(lion|tiger|elephant|giraffe|penguin|zebra)
      sex|gender:enum(male|female) born_on|birth_date:date weight_kg|weight:num(0.5-5000)
      origin|country_of_origin:country endangered|is_endangered:bool feedings|meals[fed_at|at:date
      food:enum(meat|hay|fish|fruit|insects) amount_kg|amount:num(0.1-90)] >enclosures
  enclosures|habitats: name:label climate|zone:enum(tropical|savanna|arctic|desert|forest)
      size_sqm|area_sqm:int(20-20000) capacity|max_animals:int(1-60)
      built|built_in:year(1950-2023) heated|is_heated:bool keeper|zookeeper>keepers
  keepers|zookeepers: name:person hired_on|hire_date:date salary|monthly_salary:money(1500-5000)
      certifications[]:enum(reptiles|big~cats|birds|marine) shift:enum(day|night)
ecommerce
  products|articles: name|title:label sku|article_number:code
      price|unit_price|list_price:money(2-2500) cost|purchase_price:money(1-1500)
      category|product_type:enum(garden|toys|kitchen|office|sports|fashion) brand|make:company
      stock|units_in_stock:int(0-900) discontinued|is_discontinued:bool
      weight_kg|weight:num(0.01-60) colors[]:color dimensions{width_cm:num(1-200)
      height_cm:num(1-200)} ratings|reviews[stars|rating:int(1-5) comment|text:sentence
      by|reviewer:person at|created_at:date] added_on|created_at:date >vendors
  vendors|sellers: name|vendor_name:company country:country verified|is_verified:bool
      commission_percent|commission:num(2-25) since|joined_on:date
  buyers|shoppers|customers: name:person email:email country:country
      signed_up_at|registered_on:date loyalty_points|points:int(0-9000)
      newsletter|newsletter_opt_in:bool addresses[kind|label:enum(home|work|other) city:city
      postal_code|zip:zip default|is_default:bool]
  purchases|orders: order_no|order_number:code placed_at|order_date:date
      status|state:enum(new|paid|shipped|delivered|cancelled)
      total|grand_total|amount:money(5-5000) discount|discount_amount:money(0-300)?
      shipping{method|carrier:enum(standard|express|pickup) cost|fee:money(0-40) city:city}
      coupon|coupon_code:code? buyer|customer>buyers lines|line_items[quantity|qty:int(1-12)
      price|unit_price:money(2-2500) >products]
telecom
  subscribers|customers: name|full_name:person phone_number|msisdn:phone
      plan|tariff:enum(basic|plus|unlimited|family) activated_on|activation_date:date
      monthly_charge|monthly_fee:money(5-120) city:city roaming|roaming_enabled:bool
      data_used_gb|data_usage_gb:num(0-300)
      devices|handsets[model|device:enum(iPhone|Galaxy|Pixel|Xperia) imei:code
      bought_on|purchased_at:date]
  calls|call_records: started_at|call_time:date duration_seconds|seconds:int(1-7200)
      direction|kind:enum(incoming|outgoing|missed) cost|charge:money(0-40)
      country|destination_country:country dropped|was_dropped:bool tower|cell>towers >subscribers
  towers|cell_sites: code|tower_code:code city:city height_m|height:num(10-120)
      technology|generation:enum(3G|4G|5G) installed|installed_in:year(2000-2025)
      latitude|lat:num(-60-60) longitude|lng:num(-120-120)
government
  citizens|residents: name|full_name:person birth_date|date_of_birth:birth city|municipality:city
      marital_status|civil_status:enum(single|married|divorced|widowed)
      income|yearly_income:money(0-250000) children|number_of_children:int(0-7)
      voter|is_registered_voter:bool
  permits|licenses: permit_number|number:code
      kind|permit_type:enum(building|business|parking|event) issued_on|issue_date:date
      expires_on|expiry_date:date fee|cost:money(10-900) status:enum(approved|pending|rejected)
      inspector|officer:person holder|applicant>citizens
  projects|public_works: title|project_name:title
      department|ministry:enum(roads|parks|schools|water)
      budget|approved_budget:money(10000-9000000) spent|spent_so_far:money(0-9000000)
      started_on|start_date:date completion_percent|progress_percent:int(0-100)
      contractor|contractor_name:company milestones|phases[name|phase:label due_on|due_date:date
      done|is_done:bool cost|amount:money(1000-900000)]
clinic_vet
  pets|animals: name|pet_name:first species|kind:enum(dog|cat|rabbit|parrot|hamster) breed:label
      born_on|birth_date:date weight_kg|weight:num(0.1-80) neutered|is_neutered:bool
      microchip|chip_number:code? vaccinations|shots[vaccine|name:enum(rabies|distemper|flu)
      given_on|date:date next_due|due_on:date] >owners
  owners|pet_owners: name|owner_name:person phone:phone city:city email:email?
      since|client_since:date
  visits|consultations: visited_on|visit_date:date
      reason|complaint:enum(check-up|injury|vaccination|surgery|skin)
      cost|bill|amount:money(20-2500) vet|veterinarian:person paid|is_paid:bool
      notes|remarks:sentence? >pets
transit
  routes|lines: number|route_number:code name|route_name:label
      kind|mode:enum(bus|tram|metro|ferry) length_km|distance_km:num(1-80)
      stops[name|stop_name:label zone:enum(A|B|C) accessible|is_accessible:bool
      minutes_from_start|offset_minutes:int(0-90) position|geo:point] night|night_service:bool
      fare|ticket_price:money(1-9) daily_riders|ridership:int(50-90000)
  vehicles|fleet: code|vehicle_number:code kind|vehicle_type:enum(bus|tram|train)
      capacity|places:int(20-400) purchased_on|bought_on:date electric|is_electric:bool
      odometer_km|mileage_km:int(0-900000) depot|garage:enum(North|South|Harbor)
      last_position|current_location:point? >routes
  incidents|disruptions: happened_at|reported_at:date
      kind|incident_type:enum(delay|breakdown|accident|weather)
      delay_minutes|minutes_lost:int(1-240) resolved|is_resolved:bool
      description|details:sentence? >routes
charity
  donors|supporters: name|donor_name:person country:country email:email
      kind|donor_type:enum(individual|company|foundation) first_gift_on|first_donation:date
      anonymous|is_anonymous:bool total_given|lifetime_amount:money(5-900000)
  donations|gifts: amount|gift_amount:money(1-50000) currency:enum(EUR|USD|GBP)
      donated_at|received_on:date method|payment_method:enum(card|transfer|cash|paypal)
      recurring|is_recurring:bool message|note:sentence? >donors campaign|project>campaigns
  campaigns|projects: name|campaign_name:title
      cause|theme:enum(water|health|education|climate|animals)
      goal|target_amount:money(1000-900000) raised|amount_raised:money(0-900000)
      launched_on|launch_date:date closed|is_closed:bool countries[]:country
      volunteers[name:person hours|hours_worked:int(1-400)
      role:enum(driver|cook|medic|coordinator)]
gaming
  games|titles: title|name:title genre:enum(puzzle|racing|strategy|shooter|adventure|simulation)
      platform|platforms[]:enum(PC|Switch|PlayStation|Xbox) released_on|release_date:date
      price:money(0-80) studio|developer:company multiplayer|is_multiplayer:bool
      metascore|critic_score:int(20-99) downloads|copies_sold:int(100-9000000)
  players|gamers: username|nickname:code country:country level:int(1-120)
      registered_at|created_at:date premium|is_premium:bool
      hours_played|playtime_hours:num(0-9000) achievements|trophies[name|title:label
      earned_at|unlocked_on:date points|score:int(5-100) rare|is_rare:bool]
  matches|rounds: played_at|started_at:date duration_minutes|minutes:int(2-120)
      score|points:int(0-90000) won|victory:bool map|level_name:label >players >games
construction
  projects|sites: name|project_name:label client|customer_name:company city:city location:point
      kind|building_type:enum(bridge|school|office|tower|road)
      budget|contract_value:money(50000-90000000) started_on|start_date:date
      planned_end|deadline:date finished|is_finished:bool workers|workforce:int(3-600)
      tasks|activities[title|name:label trade:enum(masonry|electric|plumbing|carpentry)
      hours|planned_hours:int(4-900) done|completed:bool] foreman|site_manager>engineers
  engineers|managers: name:person license|license_no:code years_experience|experience:int(1-40)
      specialty|discipline:enum(structural|civil|electrical|mechanical) email:email
  materials|supplies: name|material:enum(cement|steel|timber|glass|gravel)
      quantity_tons|quantity:num(0.1-900) unit_price|price_per_ton:money(5-3000)
      delivered_on|delivery_date:date supplier|supplied_by:company >projects
science
  experiments|studies: title:title field|discipline:enum(chemistry|biology|physics|psychology)
      started_on|start_date:date ended_on|end_date:date? funding|grant_amount:money(1000-3000000)
      successful|was_successful:bool sample_count|participants:int(3-4000)
      measurements|observations[variable|name:enum(mass|temperature|pressure|speed|ph)
      value|reading:num(-50-900) taken_at|measured_at:date]
      lead|principal_investigator>researchers
  researchers|scientists: name|full_name:person institute|affiliation:company h_index:int(0-120)
      country:country degree|highest_degree:enum(PhD|MSc|BSc) email:email?
      joined|joined_year:year(1985-2025)
  papers|publications: title:title journal|venue:label year|published_year:year(1990-2025)
      citations|citation_count:int(0-9000) open_access|is_open_access:bool
      pages|page_count:int(2-60) keywords[]:enum(genome|laser|cell|memory|polymer)
      first_author|author>researchers
wine
  wines: name|wine_name:label vintage|year:year(1980-2024)
      grape|variety:enum(Merlot|Riesling|Syrah|Chardonnay|Pinot~Noir)
      color|type:enum(red|white|rose) price|bottle_price:money(4-900)
      alcohol_percent|abv:num(8-16) rating|points:int(70-100) bottles|bottles_in_stock:int(0-9000)
      organic|is_organic:bool awards|medals[contest|competition:label year:year(2000-2025)
      medal|level:enum(gold|silver|bronze)] >wineries
  wineries|vineyards: name|winery_name:label region|appellation:state country:country
      hectares|area_hectares:num(1-400) founded|established:year(1700-2015)
      owner|owner_name:person
  tastings|events: held_on|date:date city:city guests|participants:int(4-200)
      fee|ticket_price:money(0-150) host|sommelier:person >wineries
""".strip()
"""From books to wines; see `practice.DATABASES` for how many."""
