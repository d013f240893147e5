"""placeholder while the judges are written"""


def judge_claims(view, facts):
    return []
