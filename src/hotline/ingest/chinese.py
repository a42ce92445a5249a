"""Help in Chinese under a Chinese locale, for commands that a city's own staff use."""

from __future__ import annotations

import os

import click


def is_chinese() -> bool:
    """Whether the locale asks for Chinese, as GNU gettext decides it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name].lower().startswith("zh")
    return False


class ChineseCommand(click.Command):
    """A command that also has its texts in Chinese.

    Parameters
    ----------
    zh: help of each option by its name, and of the command itself under the empty name.
    """

    def __init__(self, *args, zh: dict[str, str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.zh = zh

    def make_context(self, *args, **kwargs) -> click.Context:
        """The context of a call; a wrong one is answered in the same language as its help."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            if not is_chinese():
                raise
            click.echo(f"错误：{_wrong_use(error)}。用法见 --help。", err=True)
            raise click.exceptions.Exit(error.exit_code) from error

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not is_chinese():
            super().format_help(ctx, formatter)
            return
        arguments = [parameter.make_metavar(ctx) for parameter in self.params if isinstance(parameter, click.Argument)]
        formatter.write_usage(
            ctx.command_path, " ".join(["[选项]", *arguments]).replace("PATH", "文件或目录"), prefix="用法："
        )
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.zh[""])
        with formatter.section("选项"):
            options = [parameter for parameter in self.params if isinstance(parameter, click.Option)]
            rows = [(" / ".join([*option.opts, *option.secondary_opts]), self.zh[option.name]) for option in options]
            formatter.write_dl([*rows, (", ".join(self.get_help_option_names(ctx)), "显示本说明。")])


def _wrong_use(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}"
        case click.BadOptionUsage():
            return f"选项 {error.option_name} 缺少取值"
        case click.MissingParameter():
            return "没有指明文件或目录"
        case click.BadParameter() if isinstance(error.param, click.Option):
            return f"选项 {error.param.opts[0]} 的取值不正确"
    return "每次只能指明一个文件或目录"
