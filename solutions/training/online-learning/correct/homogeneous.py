"""The bias is the last of the weights; errors of the window are kept in a ring with their sum."""

import numpy as np


def sigmoid(z):
    z = np.clip(z, -745.0, 700.0)
    return 1.0 / (1.0 + np.exp(-z)) if z > 0 else np.exp(z) / (1.0 + np.exp(z))


class OnlineLogReg:
    def __init__(self, d, lr, l2=0.0):
        if not (d > 0 and lr > 0 and l2 >= 0):
            raise ValueError("parameters")
        self.d, self.lr = d, lr
        self.theta = np.zeros(d + 1)
        self.decay = np.append(np.full(d, 1 - lr * l2), 1.0)

    def predict_proba(self, x):
        scores = np.append(x, np.ones((len(x), 1)), axis=1) @ self.theta
        return np.array([sigmoid(score) for score in scores], dtype=np.float64)

    def partial_fit(self, x, y):
        if x.ndim != 2 or y.ndim != 1 or len(x) != len(y) or x.shape[1] != self.d:
            raise ValueError("shapes")
        if any(label not in (0, 1) for label in y.tolist()):
            raise ValueError("classes")
        for row, label in zip(x, y.tolist()):
            extended = np.append(row, 1.0)
            gap = label - sigmoid(float(self.theta @ extended))
            self.theta = self.theta * self.decay + self.lr * gap * extended

    def state(self):
        return {"weights": np.array(self.theta[:-1]), "bias": np.array(self.theta[-1])}

    def load(self, state):
        self.theta = np.append(state["weights"], state["bias"])


class prequential:
    def __init__(self, model, stream, window):
        if window < 1:
            raise ValueError("window")
        self.model, self.stream = model, iter(stream)
        self.ring, self.window, self.seen, self.total = [0] * window, window, 0, 0

    def __iter__(self):
        return self

    def __next__(self):
        row, label = next(self.stream)
        x = row.reshape(1, -1)
        predicted = int(self.model.predict_proba(x)[0] >= 0.5)
        self.model.partial_fit(x, np.array([label], dtype=np.int64))
        place = self.seen % self.window
        self.total += int(predicted != label) - self.ring[place]
        self.ring[place] = int(predicted != label)
        self.seen += 1
        return self.total / min(self.seen, self.window)
