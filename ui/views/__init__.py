"""The panel's widgets: they show the models and hand actions on to them."""
