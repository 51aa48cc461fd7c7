"""Schools, kindergartens and colleges. Glossary: organisation, "school" for short."""
