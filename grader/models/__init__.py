"""Language models: behind a server or in this process, asked for data of a type, within a budget; knows no question."""
