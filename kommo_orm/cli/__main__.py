"""`python -m kommo_orm.cli`: the command, for when its script is not on the path."""

from kommo_orm.cli.main import main

if __name__ == "__main__":
    main()
