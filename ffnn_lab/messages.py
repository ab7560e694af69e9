"""Says a user's slip in one message: the field as written, what was expected, what came."""


def explain(error: BaseException) -> str:
    """Turn an error of ours, Hydra's or OmegaConf's into what the user should read."""
    cause = error.__cause__
    text = str(error).strip()
    if cause is not None and str(cause).strip() and str(cause).strip() not in text:
        text = f"{text}\n{str(cause).strip()}"
    return text
