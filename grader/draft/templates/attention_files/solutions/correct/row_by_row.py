"""Row by row, over what is seen alone."""

import torch


def SLOT_function(SLOT_query, key, value, SLOT_limit):
    if SLOT_badcode:
        raise ValueError("no such attention")
    result = torch.zeros(value.shape, dtype=torch.float64)
    for index in torch.cartesian_prod(*map(torch.arange, (1, 1, *value.shape[:-2]))).tolist():
        one, two, three = (part[tuple(index[2:])].double() for part in (SLOT_query, key, value))
        for i in range(len(one)):
            row = two @ one[i] * one.shape[-1] ** -0.5
            SLOT_shortcode
            powers = (scores - scores.max()).exp()
            result[(*index[2:], i)] = (powers[:, None] * three[seen]).sum(0) / powers.sum()
    return result.to(value.dtype)
