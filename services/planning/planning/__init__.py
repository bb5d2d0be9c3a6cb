"""Planning (计划): the supervision catalogue, test schemes, plans of three levels with their quotas, and the tasks that come of them."""
