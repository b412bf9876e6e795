"""Jobs for the engines of render farms: bundles of Open Job Description, and what runs or sends them."""
