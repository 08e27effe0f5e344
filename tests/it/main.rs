mod command_of_incident;
mod golden;
mod house;
mod priority_by_matrix;
mod replay;
mod report;
mod story;
mod text_cells;
