"""A task (任务) as sampling needs it, and whether a form fits it."""

from dataclasses import dataclass
from uuid import UUID

from sampling.rules.blocks import check_own_number
from sampling.rules.problem import Problem, shown
from sampling.rules.samples import Level, Programme, Stage
from sampling.rules.stored import StoredForm

BODY = "A001"  # the bureau's own sampling body; contracted bodies get their codes with the later directory of bodies
_LEVELS = {2: Level.PROVINCE, 4: Level.PREFECTURE, 6: Level.COUNTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedTask:
    """A share of a plan line that one bureau executes with one laboratory."""

    task_id: UUID
    task_no: str
    plan_id: UUID | None
    region_code: str
    source_region_code: str
    programme: Programme
    period: str
    product_code: str
    laboratory_code: str
    quota: int
    stage: str
    product_group: str = ""


def level_of(source_region_code: str) -> Level:
    """Level of who organised: the first letter of a product's sample number (任务来源级别)."""
    return _LEVELS[len(source_region_code)]


def check_fit(form: StoredForm, task: AssignedTask, sample_no: str | None, division: str) -> list[Problem]:
    """Programme, stage and product of the form are the task's; food brings its number, products get one from us or from a block of ours."""
    problems = []
    if form.programme != task.programme:
        problems.append(Problem("task_programme", "/programme", f"任务属于{task.programme.value}", f"the task is of programme {task.programme.name}"))
    if task.stage and form.stage != task.stage and not form.is_monitoring:  # risk monitoring is bound to no place (O15 art. 16)
        problems.append(Problem("task_stage", "/stage", f"任务要求在{shown(task.stage)}环节抽样", "the task is for another stage"))
    code = form.product.catalogue_code
    if code is not None and code != task.product_code:
        zh = f"产品编码与任务的 {shown(task.product_code)} 不一致"
        problems.append(Problem("task_product", "/product/catalogue_code", zh, "the task is for another product"))
    if form.programme == Programme.PRODUCT and form.stage == Stage.CATERING:
        problems.append(Problem("stage_programme", "/stage", "产品抽查没有餐饮环节", "products are not sampled at catering"))
    if form.programme == Programme.FOOD and not sample_no:
        problems.append(Problem("sample_no_missing", "/sample_no", "食品抽样须填写国家抽样单编号", "food needs its national number"))
    if form.programme == Programme.PRODUCT and sample_no:
        problems.extend(check_own_number(sample_no, number_prefix(task, form.sampled_on.year, division)))
    return problems


def number_prefix(task: AssignedTask, year: int, division: str) -> str:
    """What comes before the serial: it names the counter."""
    return f"{level_of(task.source_region_code).value}CP{year % 100:02d}{division}{BODY}"
