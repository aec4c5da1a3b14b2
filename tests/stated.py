"""What the operator of a law-enforcement deployment states of it."""

STATED = {
    "LINEAMENT_USE_CASE": "law-enforcement",
    "LINEAMENT_PURPOSE": "investigations under warrant",
    "LINEAMENT_NOTICE_URL": "https://police.example/faces",
    "LINEAMENT_CONTACT": "faces@police.example",
    "LINEAMENT_DISCLOSURE_URL": "https://police.example/disclosure",
}
