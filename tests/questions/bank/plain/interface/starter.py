LIMIT = 0


class Account: ...
