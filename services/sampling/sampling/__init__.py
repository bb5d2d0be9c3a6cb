"""Sampling (抽样检验): forms, custody, laboratory reports and their versions, notices, published history."""
