"""The sourced data set: schema, tables, dated parameters and corrections."""
