"""Floor plans and site plans of schools: the drawing, what stands on it, and every state that it ever had."""
